"""Who sees what. A client sees the PDFs of its own RFC; what it does not see does not exist:
the answer about a hidden thing is the answer about a thing that was never there."""

import pytest

from support import documents
from support.agency import CLIENT, CORRESPONDENT, OTHER_CLIENT, OTHER_CORRESPONDENT
from support.agency import OTHER_RFC, RFC


@pytest.fixture
def filed(agency, operation):
    """An operation with a PDF for the client, an XML, and an invoice not for the client."""
    for name, content in (("PED_1.pdf", documents.pdf()), ("CV_1.xml", documents.xml())):
        agency.sftp(CORRESPONDENT, f"put {agency.file(content)} {operation.path}/{name}")
    assert agency.names(CORRESPONDENT, operation.path) == ["CV_1.xml", "PED_1.pdf"]
    return operation


@pytest.fixture
def filed_for_other(agency, other_operation):
    agency.sftp(OTHER_CORRESPONDENT,
                f"put {agency.file(documents.pdf())} {other_operation.path}/PED_1.pdf")
    return other_operation


def test_a_client_sees_only_the_pdfs_of_its_own_rfc(agency, filed, filed_for_other):
    assert agency.names(CLIENT, "/") == ["LEEME.txt", "cuentas-de-gastos", "expedientes"]
    assert agency.names(CLIENT, filed.seen_by_client) == ["PED_1.pdf"]
    assert filed.name in agency.names(CLIENT, "/expedientes/2026")
    assert filed_for_other.name not in agency.names(CLIENT, "/expedientes/2026")
    assert filed_for_other.name in agency.names(OTHER_CLIENT, "/expedientes/2026")
    assert filed.name not in agency.names(OTHER_CLIENT, "/expedientes/2026")


def test_a_correspondent_sees_only_the_clients_that_it_serves(agency, filed, filed_for_other):
    assert agency.names(CORRESPONDENT, "/clientes") == [RFC]
    assert agency.names(OTHER_CORRESPONDENT, "/clientes") == [OTHER_RFC]
    local = agency.file(documents.pdf())
    for line in (f"ls {filed_for_other.path}", f"ls /clientes/{OTHER_RFC}",
                 f"get {filed_for_other.path}/PED_1.pdf {agency.folder()}/x",
                 f"put {local} {filed_for_other.path}/PED_2.pdf",
                 f"rm {filed_for_other.path}/PED_1.pdf",
                 f"mkdir /clientes/{OTHER_RFC}/2026/26-160-3420-6999999"):
        assert not agency.sftp(CORRESPONDENT, line, check=False).worked, line


def _answer(attempt):
    """How the server answered an attempt: the error's number and words."""
    try:
        attempt()
    except IOError as error:
        return error.errno, str(error)
    return None


def _upload(session, path, flags):
    with session.open(path, flags) as file:
        file.write(b"%PDF-")


ATTEMPTS = {
    "look": lambda session, path: session.stat(path),
    "look at the link": lambda session, path: session.lstat(path),
    "list": lambda session, path: session.listdir(path),
    "read": lambda session, path: session.open(path, "r"),
    "read and write": lambda session, path: session.open(path, "r+"),
    "write": lambda session, path: _upload(session, path, "w"),
    "append": lambda session, path: _upload(session, path, "a"),
    "create": lambda session, path: _upload(session, path, "wx"),
    "remove": lambda session, path: session.remove(path),
    "remove the folder": lambda session, path: session.rmdir(path),
    "make a folder": lambda session, path: session.mkdir(path),
    "rename": lambda session, path: session.rename(path, path + "x"),
    "rename over": lambda session, path: session.posix_rename(path, path + "x"),
    "rename to it": lambda session, path: session.rename(
        "/expedientes/nothing.pdf", path),
    "set times": lambda session, path: session.utime(path, (1, 1)),
    "set mode": lambda session, path: session.chmod(path, 0o777),
    "truncate": lambda session, path: session.truncate(path, 0),
    "link to it": lambda session, path: session.symlink(path, "/expedientes/link"),
    "read the link": lambda session, path: session.readlink(path),
}


def test_what_a_client_may_not_see_answers_like_what_was_never_there(agency, filed,
                                                                      filed_for_other):
    year = "/expedientes/2026"
    pairs = {
        f"{filed.seen_by_client}/CV_1.xml": f"{filed.seen_by_client}/CV_2.xml",
        f"{year}/{filed_for_other.name}": f"{year}/26-160-3420-6999998",
        f"{year}/{filed_for_other.name}/PED_1.pdf": f"{year}/26-160-3420-6999998/PED_1.pdf",
        f"{filed.path}/PED_1.pdf": "/clientes/NNN010101AA1/2026/26-240-3420-6999998/PED_1.pdf",
        f"/clientes/{RFC}": "/clientes/NNN010101AA1",
        "/retenidos": "/retenidoz",
        "/acuses": "/acusez",
        "/entrada": "/entradaz",
        "/etc/passwd": "/etc/passwx",
        "/../../etc/passwd": "/../../etc/passwx",
    }
    with agency.paramiko(CLIENT) as session:
        for what, attempt in ATTEMPTS.items():
            for hidden, absent in pairs.items():
                answer = _answer(lambda: attempt(session, hidden))
                assert answer is not None, f"{what} {hidden} worked"
                assert answer == _answer(lambda: attempt(session, absent)), (what, hidden)


CHANGES = ("write", "append", "create", "read and write", "remove", "remove the folder",
           "make a folder", "rename", "rename over", "rename to it", "truncate", "link to it")


@pytest.mark.parametrize("what", CHANGES)
def test_a_client_changes_nothing(agency, filed, what):
    before = agency.content(CLIENT, f"{filed.seen_by_client}/PED_1.pdf")
    with agency.paramiko(CLIENT) as session:
        for path in (f"{filed.seen_by_client}/PED_1.pdf", f"{filed.seen_by_client}/new.pdf",
                     filed.seen_by_client, "/expedientes/2026", "/expedientes",
                     "/cuentas-de-gastos", "/cuentas-de-gastos/new.pdf", "/LEEME.txt", "/new",
                     "/"):
            answer = _answer(lambda: ATTEMPTS[what](session, path))
            assert answer is not None, f"{what} {path} worked"
    assert agency.content(CLIENT, f"{filed.seen_by_client}/PED_1.pdf") == before
    assert agency.names(CLIENT, filed.seen_by_client) == ["PED_1.pdf"]
    assert agency.names(CLIENT, "/") == ["LEEME.txt", "cuentas-de-gastos", "expedientes"]


def test_a_held_document_is_not_seen_by_the_client(agency, filed):
    agency.sftp(CORRESPONDENT,
                f"put {agency.file(documents.pdf())} {filed.path}/desconocido.pdf")
    assert agency.names(CLIENT, filed.seen_by_client) == ["PED_1.pdf"]


def test_an_unfinished_upload_is_seen_by_its_owner_alone(agency, filed):
    with agency.paramiko(CORRESPONDENT) as session:
        file = session.open(f"{filed.path}/PED_9.pdf", "w")
        file.write(documents.pdf()[:100])
        assert session.stat(f"{filed.path}/PED_9.pdf").st_size == 100
        assert agency.names(CLIENT, filed.seen_by_client) == ["PED_1.pdf"]
        session.close()
