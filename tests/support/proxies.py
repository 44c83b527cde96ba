"""A load balancer in front of an agency: headers of the PROXY protocol written by hand, and
HAProxy itself with the configuration that is shipped."""

import contextlib
import ipaddress
import re
import socket
import struct
import subprocess

from support import processes
from support.agency import SOURCE, free_port

SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
LOCAL, PROXY = 0x20, 0x21
SECONDS = 20


def header(source=None, command=PROXY, rest=b""):
    """The header for a client at `source`, with its TLVs behind it."""
    if source is None:
        return SIGNATURE + struct.pack(">BBH", command, 0, len(rest)) + rest
    address = ipaddress.ip_address(source)
    target = "127.0.0.1" if address.version == 4 else "::1"
    addresses = address.packed + ipaddress.ip_address(target).packed + b"\xc3\x50\x08\xae"
    family = 0x11 if address.version == 4 else 0x21
    body = addresses + rest
    return SIGNATURE + struct.pack(">BBH", command, family, len(body)) + body


def connect(port, first=b"", own_address="127.0.0.1"):
    connection = socket.create_connection(("127.0.0.1", port), SECONDS, (own_address, 0))
    connection.sendall(first)
    return connection


def everything(connection):
    """What comes until the gateway closes."""
    found = b""
    with contextlib.suppress(ConnectionResetError):
        while piece := connection.recv(4096):
            found += piece
    connection.close()
    return found


@contextlib.contextmanager
def haproxy(directory, gateway_port):
    """HAProxy on a port of its own; yields the port."""
    port = free_port()
    text = (SOURCE / "deploy" / "haproxy" / "haproxy.cfg").read_text()
    text = text.replace("bind 0.0.0.0:2222", f"bind 127.0.0.1:{port}")
    text = re.sub(r"(server gateway1 )\S+", rf"\g<1>127.0.0.1:{gateway_port}", text)
    text = re.sub(r"^ *bind \[::\].*\n", "", text, flags=re.M)
    configuration = directory / "haproxy.cfg"
    configuration.write_text(text)
    with open(directory / "haproxy.log", "wb") as log:
        process = subprocess.Popen(["/usr/sbin/haproxy", "-db", "-f", str(configuration)],
                                   stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        processes.wait_until(lambda: _listens(process, port), SECONDS, "HAProxy listens")
        yield port
    finally:
        process.terminate()
        process.wait(SECONDS)


def _listens(process, port):
    assert process.poll() is None, "HAProxy ended by itself"
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
        return True
    except OSError:
        return False
