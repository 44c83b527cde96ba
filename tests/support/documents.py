"""Documents for the system tests: each call makes one that no other call made."""

import itertools
import os

_serial = itertools.count(1)


def unique_text():
    return f"{os.getpid()}-{next(_serial)}-{os.urandom(8).hex()}"


def pdf(text=None, padding=0):
    """A valid one-page PDF with a correct cross-reference table."""
    text = unique_text() if text is None else text
    content = f"BT /F1 14 Tf 40 780 Td ({text}) Tj ET".encode()
    bodies = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
        b" /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    if padding:
        filler = os.urandom(padding // 2).hex().encode()
        bodies.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(filler), filler))
    out = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
    offsets = []
    for number, body in enumerate(bodies, start=1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(bodies) + 1)
    for offset in offsets:
        out += b"%010d 00000 n \n" % offset
    out += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (
        len(bodies) + 1, table)
    return bytes(out)


def xml():
    return (f'<?xml version="1.0" encoding="UTF-8"?>\n<cove><folio>{unique_text()}</folio>'
            "</cove>\n").encode()


def windows_program():
    """As much of a Windows program as a look at its first bytes needs."""
    header = bytearray(512)
    header[0:2] = b"MZ"
    header[0x3c:0x40] = (0x80).to_bytes(4, "little")
    header[0x80:0x98] = b"PE\0\0\x64\x86\x01\0" + bytes(12) + b"\xf0\0\x22\0"
    header[0x98:0x9a] = b"\x0b\x02"
    return bytes(header) + os.urandom(2048)


def linux_program():
    with open("/bin/true", "rb") as file:
        return file.read() + unique_text().encode()
