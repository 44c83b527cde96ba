"""Who gets in, how, and to what: SFTP and nothing else."""

import paramiko
import pytest

from support.agency import CLIENT, CORRESPONDENT


def test_login_by_key(agency):
    assert agency.sftp(CORRESPONDENT, "pwd").worked


def test_login_by_password(agency):
    password = agency.give_password(CORRESPONDENT)
    listing = agency.sftp(CORRESPONDENT, "ls -1 /", password=password)
    assert "acuses" in listing.output


def test_login_by_keyboard_interactive(agency):
    password = agency.give_password(CORRESPONDENT)
    transport = paramiko.Transport(("127.0.0.1", agency.port))
    try:
        transport.start_client(timeout=10)
        transport.auth_interactive(CORRESPONDENT, lambda title, hint, fields: [
            password for _ in fields])
        assert transport.is_authenticated()
    finally:
        transport.close()


def test_a_wrong_password_is_refused(agency):
    agency.give_password(CORRESPONDENT)
    result = agency.sftp(CORRESPONDENT, "pwd", password="not-the-password", check=False)
    assert not result.worked
    assert "Permission denied" in result.output


def test_an_account_without_credentials_and_one_that_does_not_exist_answer_alike(agency):
    answers = {agency.sftp(name, "pwd", password="whatever", check=False).output
               .replace(name, "NAME") for name in ("nadie", "gerente")}
    assert len(answers) == 1
    assert "Permission denied" in answers.pop()


def test_another_accounts_key_is_refused(agency):
    key = paramiko.Ed25519Key.from_private_key_file(str(agency.give_key(CORRESPONDENT)))
    agency.give_key(CLIENT)
    transport = paramiko.Transport(("127.0.0.1", agency.port))
    try:
        transport.start_client(timeout=10)
        with pytest.raises(paramiko.AuthenticationException):
            transport.auth_publickey(CLIENT, key)
        assert not transport.is_authenticated()
    finally:
        transport.close()


@pytest.mark.parametrize("command", ["id", "cat /etc/passwd", "scp -f /etc/passwd",
                                     "internal-sftp", ""])
def test_commands_and_shells_are_refused(agency, command):
    result = agency.ssh(CORRESPONDENT, *(["-T"] if command == "" else []), command)
    assert not result.worked
    assert "uid=" not in result.output and "root:" not in result.output


def test_a_refused_command_leaves_the_connection_alive(agency):
    with agency.transport(CORRESPONDENT) as transport:
        channel = transport.open_session()
        with pytest.raises(paramiko.SSHException):
            channel.exec_command("md5sum /LEEME.txt")
        with paramiko.SFTPClient.from_transport(transport) as session:
            assert "LEEME.txt" in session.listdir("/")


def test_ports_are_not_forwarded(agency):
    with agency.transport(CORRESPONDENT) as transport:
        with pytest.raises(paramiko.SSHException):
            transport.open_channel("direct-tcpip", ("127.0.0.1", agency.port),
                                   ("127.0.0.1", 1))
        with pytest.raises(paramiko.SSHException):
            transport.request_port_forward("127.0.0.1", 0)


@pytest.mark.parametrize("request_name", ["pty", "x11", "agent", "subsystem"])
def test_other_channel_requests_are_refused(agency, request_name):
    attempts = {
        "pty": lambda channel: channel.get_pty(),
        "x11": lambda channel: channel.request_x11(),
        "agent": lambda channel: channel.invoke_shell(),
        "subsystem": lambda channel: channel.invoke_subsystem("netconf"),
    }
    with agency.transport(CORRESPONDENT) as transport:
        with pytest.raises(paramiko.SSHException):
            attempts[request_name](transport.open_session())


@pytest.mark.parametrize("option", [
    "KexAlgorithms=diffie-hellman-group14-sha1", "Ciphers=aes128-cbc", "Ciphers=3des-cbc",
    "MACs=hmac-sha1", "HostKeyAlgorithms=ssh-rsa"])
def test_weak_algorithms_are_not_agreed_on(agency, option):
    name, value = option.split("=")
    extra = ["-o", f"{name}={value}"]
    if name == "MACs":
        extra += ["-o", "Ciphers=aes128-ctr"]
    result = agency.ssh(CORRESPONDENT, *extra, "-s", "sftp")
    assert not result.worked
    assert "no matching" in result.output


def test_the_server_offers_strict_key_exchange(agency):
    result = agency.ssh(CORRESPONDENT, "-vv", "id")
    assert "kex-strict-s-v00@openssh.com" in result.output


def test_the_host_key_is_the_one_whose_fingerprint_was_printed(agency):
    result = agency.ssh(CORRESPONDENT, "-v", "id")
    assert agency.fingerprint in result.output
