"""Several listeners, of IPv4 and IPv6, and what becomes of them when the policy changes."""

import contextlib
import socket

import paramiko
import pytest

from support import settings
from support.agency import CORRESPONDENT, Agency, free_port


@pytest.fixture
def gateway():
    """One for each test, since they change it; it is looked through at its end."""
    agency = Agency()
    agency.other_port, agency.ipv6_port = free_port(), free_port()
    settings.listen(agency, agency.other_port)
    settings.listen(agency, agency.ipv6_port, address="::1")
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
def session(gateway, port, address="127.0.0.1"):
    key = paramiko.Ed25519Key.from_private_key_file(str(gateway.give_key(CORRESPONDENT)))
    transport = paramiko.Transport(socket.create_connection((address, port), 10))
    try:
        transport.start_client(timeout=10)
        transport.auth_publickey(CORRESPONDENT, key)
        yield paramiko.SFTPClient.from_transport(transport)
    finally:
        transport.close()


def is_open(port, address="127.0.0.1"):
    try:
        with socket.create_connection((address, port), 5) as connection:
            return connection.recv(4) == b"SSH-"
    except ConnectionRefusedError:
        return False


def test_all_listeners_serve_at_once(gateway):
    with session(gateway, gateway.port) as first, session(gateway, gateway.other_port) as second, \
            session(gateway, gateway.ipv6_port, "::1") as third:
        for each in (first, second, third):
            assert "LEEME.txt" in each.listdir("/")
    journal = gateway.journal_text()
    assert "address=127.0.0.1" in journal and "address=::1" in journal


def test_listeners_follow_the_policy_and_sessions_go_on(gateway):
    new_port = free_port()
    with session(gateway, gateway.other_port) as old, session(gateway, gateway.port) as kept:
        settings.listen_no_more(gateway, gateway.other_port)
        settings.listen(gateway, new_port)
        before = len(gateway.journal_text())
        assert "policy-in-force" in gateway.reload()
        assert not is_open(gateway.other_port)
        assert is_open(gateway.port) and is_open(new_port) and is_open(gateway.ipv6_port, "::1")
        assert "LEEME.txt" in old.listdir("/") and "LEEME.txt" in kept.listdir("/")
    said = gateway.journal_text()[before:]
    assert f"listener-closed address=127.0.0.1 port={gateway.other_port}" in said
    assert f"listener-opened address=127.0.0.1 port={new_port}" in said
    assert str(gateway.port) not in said and str(gateway.ipv6_port) not in said


def test_an_address_moves_from_one_listener_to_a_wider_one(gateway):
    settings.listen_no_more(gateway, gateway.other_port)
    settings.listen(gateway, gateway.other_port, address="0.0.0.0")
    gateway.reload()
    assert is_open(gateway.other_port, "127.0.0.3")


def test_a_listener_that_cannot_be_opened_leaves_the_others(gateway):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        settings.listen(gateway, port)
        before = len(gateway.journal_text())
        assert "policy-in-force" in gateway.reload()
        assert f"listener-not-opened address=127.0.0.1 port={port}" in gateway.journal_text()[before:]
        assert is_open(gateway.port) and is_open(gateway.other_port)
    gateway.reload()  # the port is free now
    assert is_open(port)


def test_a_listener_can_come_to_want_a_proxy(gateway):
    settings.listen_no_more(gateway, gateway.other_port)
    settings.listen(gateway, gateway.other_port, proxy_protocol="required",
                    proxy_from="[127.0.0.8]")
    gateway.reload()
    with socket.create_connection(("127.0.0.1", gateway.other_port), 5) as connection:
        with contextlib.suppress(ConnectionResetError):
            assert connection.recv(4) == b""
    assert is_open(gateway.port)
