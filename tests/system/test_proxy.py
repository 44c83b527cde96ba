"""Behind a load balancer: the address in the PROXY header is the client's, in the journal, in the
ledger, for limits and for penalties; and nobody but the balancer can claim one."""

import contextlib
import time

import paramiko
import pytest

from support import proxies, settings
from support.agency import CORRESPONDENT, Agency, free_port
from support.processes import wait_until
from support.proxies import connect, everything, header

@pytest.fixture(scope="module")
def agency():
    agency = Agency()
    agency.proxied_port = free_port()
    settings.listen(agency, agency.proxied_port, proxy_protocol="required",
                    proxy_from="[127.0.0.1]")
    settings.limit(agency, penalty_login_failed_s=20, connections_per_address=4)
    try:
        agency.start()
        yield agency
        agency.stop()
        agency.check_journal()
    finally:
        with contextlib.suppress(AssertionError):
            agency.stop()
        agency.remove()


@contextlib.contextmanager
def logged_in(agency, source, port=None, rest=b""):
    """A client at `source`, behind the balancer, that logs in by key."""
    key = paramiko.Ed25519Key.from_private_key_file(str(agency.give_key(CORRESPONDENT)))
    connection = connect(port or agency.proxied_port, header(source, rest=rest))
    transport = paramiko.Transport(connection)
    try:
        transport.start_client(timeout=10)
        transport.auth_publickey(CORRESPONDENT, key)
        yield paramiko.SFTPClient.from_transport(transport)
    finally:
        transport.close()


def said(agency, event, *parts):
    """Waits for a record of this event in the journal that has all these parts."""
    def found():
        return [line for line in agency.journal_text().splitlines()
                if f" {event} " in line and all(part in line.split() for part in parts)]

    return wait_until(found, 10, f"{event} {parts}")


def ledger_logins(agency, address):
    rows = [line.split("|") for line in agency.console("ledger", "show").stdout.splitlines()]
    return [row for row in rows if len(row) > 4 and row[2] == "login" and row[4] == address]


def is_served(agency, source):
    connection = connect(agency.proxied_port, header(source))
    try:
        return connection.recv(4) == b"SSH-"
    except ConnectionResetError:
        return False
    finally:
        connection.close()


@pytest.mark.parametrize("claimed, known", [
    ("203.0.113.7", "203.0.113.7"), ("2001:db8::7", "2001:db8::7"),
    ("::ffff:203.0.113.8", "203.0.113.8")])
def test_journal_and_ledger_have_the_address_of_the_header(agency, claimed, known):
    with logged_in(agency, claimed) as session:
        assert "LEEME.txt" in session.listdir("/")
    said(agency, "login", f"address={known}")
    said(agency, "session-ended", f"address={known}", f"user={CORRESPONDENT}")
    assert wait_until(lambda: ledger_logins(agency, known), 10, "the ledger's entry")


def test_what_stands_behind_the_addresses_is_passed_over(agency):
    with logged_in(agency, "203.0.113.10", rest=b"\x04\0\x03abc" + b"\xea\x01\x00" + b"x" * 256):
        said(agency, "login", "address=203.0.113.10")


def test_a_header_may_come_in_pieces(agency):
    with connect(agency.proxied_port) as connection:
        for byte in header("203.0.113.11"):
            connection.sendall(bytes([byte]))
        assert connection.recv(4) == b"SSH-"


def test_bytes_behind_the_header_are_the_clients(agency):
    with connect(agency.proxied_port, header("203.0.113.12") + b"SSH-2.0-test\r\n") as client:
        greeting = b""
        while b"\n" not in greeting:
            greeting += client.recv(4096)
        # The key exchange follows at once: the client's version has been read.
        assert greeting.startswith(b"SSH-2.0-")
        assert len(greeting.partition(b"\n")[2]) > 0 or len(client.recv(4096)) > 0


@pytest.mark.parametrize("first", [
    b"SSH-2.0-OpenSSH_9.2\r\n", b"PROXY TCP4 203.0.113.7 127.0.0.1 50000 2222\r\n",
    header("203.0.113.7").replace(b"QUIT", b"QUIX"), header(),
    header("203.0.113.7", command=0x11), header("203.0.113.7", rest=b"x" * 600)],
    ids=["ssh", "version-1", "signature", "no-address", "version", "too-long"])
def test_a_connection_without_a_right_header_is_closed_at_once(agency, first):
    began = time.monotonic()
    assert everything(connect(agency.proxied_port, first)) == b""
    assert time.monotonic() - began < 2


@pytest.mark.parametrize("first", [b"", header("203.0.113.7")[:20]], ids=["nothing", "a-part"])
def test_a_header_that_does_not_come_is_waited_for_three_seconds(agency, first):
    began = time.monotonic()
    assert everything(connect(agency.proxied_port, first)) == b""
    assert 2.5 < time.monotonic() - began < 8


def test_a_health_check_is_closed_without_a_word(agency):
    before = len(agency.journal_text())
    for first in (header(command=proxies.LOCAL), header("127.0.0.1", command=proxies.LOCAL)):
        assert everything(connect(agency.proxied_port, first)) == b""
    connect(agency.proxied_port).close()
    with logged_in(agency, "203.0.113.13"):  # the journal is in order: this comes after them
        said(agency, "login", "address=203.0.113.13")
    ends = [line for line in agency.journal_text()[before:].splitlines()
            if "session-ended" in line and "address=203.0.113.13 " not in line]
    assert not ends


def test_nobody_but_the_proxies_reaches_the_listener(agency):
    before = len(agency.journal_text())
    connection = connect(agency.proxied_port, own_address="127.0.0.2")
    with contextlib.suppress(ConnectionResetError, BrokenPipeError):
        connection.sendall(header("203.0.113.7"))
    assert everything(connection) == b""
    assert "connection-refused from=127.0.0.2 reason=not-a-proxy" in agency.journal_text()[before:]


def test_a_header_on_a_listener_without_proxies_is_not_believed(agency):
    before = len(agency.journal_text())
    answer = everything(connect(agency.port, header("203.0.113.14"), own_address="127.0.0.9"))
    assert answer.count(b"SSH-2.0-") <= 1
    said(agency, "session-ended", "address=127.0.0.9")
    assert "203.0.113.14" not in agency.journal_text()[before:]


def test_connections_are_counted_by_the_clients_address(agency):
    with contextlib.ExitStack() as stack:
        for number in range(20, 26):  # more than one address may have, from six of them
            client = stack.enter_context(connect(agency.proxied_port, header(f"203.0.113.{number}")))
            assert client.recv(4) == b"SSH-"
        for _ in range(3):
            client = stack.enter_context(connect(agency.proxied_port, header("203.0.113.20")))
            assert client.recv(4) == b"SSH-"
        assert everything(connect(agency.proxied_port, header("203.0.113.20"))) == b""
        said(agency, "connection-refused", "from=203.0.113.20", "reason=too-many")
        assert is_served(agency, "203.0.113.26")


def test_a_penalty_hits_the_client_and_not_the_balancer(agency):
    agency.give_password(CORRESPONDENT)
    transport = paramiko.Transport(connect(agency.proxied_port, header("203.0.113.30")))
    try:
        transport.start_client(timeout=10)
        with pytest.raises(paramiko.SSHException):
            transport.auth_password(CORRESPONDENT, "wrong", fallback=False)
    finally:
        transport.close()
    said(agency, "source-penalised", "from=203.0.113.30")
    assert not is_served(agency, "203.0.113.30")
    assert is_served(agency, "203.0.113.31")
    assert "from=127.0.0.1" not in agency.journal_text()
    assert agency.reachable()


def test_haproxy_tells_who_its_client_is(agency):
    with proxies.haproxy(agency.directory, agency.proxied_port) as port:
        key = paramiko.Ed25519Key.from_private_key_file(str(agency.give_key(CORRESPONDENT)))
        transport = paramiko.Transport(connect(port, own_address="127.0.0.77"))
        try:
            transport.start_client(timeout=10)
            transport.auth_publickey(CORRESPONDENT, key)
            session = paramiko.SFTPClient.from_transport(transport)
            assert "LEEME.txt" in session.listdir("/")
        finally:
            transport.close()
    said(agency, "login", "address=127.0.0.77")
    assert wait_until(lambda: ledger_logins(agency, "127.0.0.77"), 10, "the ledger's entry")
