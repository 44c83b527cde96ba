"""garita-auth by itself: who gets in, with what proof, and in which order the others hear of it."""

import base64
import itertools
import json
import os
import signal
import socket
import struct
import subprocess
import tempfile
import threading
import time

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from support.agency import program
from support.supervised import Home, Role

GRANTED, USABLE, DENIED = 0, 1, 2
TRIES = 3
DELAY = 1.0
NAME, OTHER, NOBODY = "laredo", "manzanillo", "nadie"
PASSWORD = "una frase de paso larga"
_number = itertools.count(100)


class Key:
    def __init__(self, private, algorithm, sign):
        self.private, self.algorithm, self.sign = private, algorithm, sign
        self.line = private.public_key().public_bytes(Encoding.OpenSSH,
                                                      PublicFormat.OpenSSH).decode()
        self.blob = base64.b64decode(self.line.split()[1])


def ed25519_key():
    private = ed25519.Ed25519PrivateKey.generate()
    return Key(private, "ssh-ed25519", private.sign)


def ecdsa_key(curve=ec.SECP256R1, name="nistp256", digest=hashes.SHA256):
    private = ec.generate_private_key(curve())
    return Key(private, f"ecdsa-sha2-{name}",
               lambda data: private.sign(data, ec.ECDSA(digest())))


def rsa_key(algorithm="rsa-sha2-512", digest=hashes.SHA512, bits=2048):
    private = rsa.generate_private_key(65537, bits)
    return Key(private, algorithm,
               lambda data: private.sign(data, padding.PKCS1v15(), digest()))


def string(data):
    data = data.encode() if isinstance(data, str) else data
    return struct.pack(">I", len(data)) + data


def signed_data(session_id, user, key, algorithm=None):
    return (string(session_id) + b"\x32" + string(user) + string("ssh-connection") +
            string("publickey") + b"\1" + string(algorithm or key.algorithm) + string(key.blob))


class Gate(Role):
    """garita-auth with the keys and the registry that it hears, played by us, and the socket of
    its console, as the supervisor holds it."""

    def __init__(self, home):
        super().__init__(home, "garita-auth", uid=home.uid)
        self.registry = self.peer("registry")
        self.keys = self.peer("keys")
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.listener.bind(str(home.directory / "run" / "auth.sock"))
        self.listener.listen()
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                caller, _ = self.listener.accept()
            except OSError:
                return
            self.give(caller, "console", uid=self.console_uid)

    console_uid = 0

    def console(self, *arguments, given=None, check=True, environment=None):
        result = subprocess.run(
            [program("garita"), "--agency", str(self.home.directory), *arguments], input=given,
            capture_output=True, text=True, timeout=60,
            env={**os.environ, "LC_ALL": "C.UTF-8", **(environment or {})})
        if check:
            assert result.returncode == 0, (result.stdout, result.stderr)
        return result

    def add_key(self, name, key):
        self.console("account", "key", "add", name, "-", given=key.line + " una nota\n")
        event = self.registry.expect("login_event")
        assert (event["kind"], event["account"]) == ("CREDENTIAL", name)

    def session(self, identified=True, proxied=0):
        session = Session(self, proxied)
        if identified:
            session.identify()
        return session

    def stop(self):
        self.listener.close()
        super().stop()


class Session:
    def __init__(self, gate, proxied=0):
        self.gate = gate
        self.connection = next(_number)
        self.session_id = os.urandom(32)
        self.channel = gate.peer("ssh", connection=self.connection, address="192.0.2.7",
                                 proxied=proxied)

    def identify(self, session_id=None):
        self.gate.keys.send("session_identified", connection=self.connection,
                            session_id=session_id or self.session_id)

    def probe(self, user, key):
        self.channel.send("login_probe", id=1, user=user, key=key.blob)
        return self.channel.expect("login_answer")["result"]

    def tell_address(self, address, connection=None):
        self.channel.send("connection_address", address=address,
                          connection=connection or self.connection)

    def ask_verify(self, data, signature):
        self.channel.send("login_verify", id=2, signed_data=data, signature=signature)

    def verify(self, user, key, algorithm=None, session_id=None):
        data = signed_data(session_id or self.session_id, user, key, algorithm)
        self.ask_verify(data, key.sign(data))
        return self.channel.expect("login_answer")["result"]

    def password(self, user, password):
        self.channel.send("login_password", id=3, user=user, password=password.encode())
        return self.channel.expect("login_answer")["result"]


@pytest.fixture(scope="module")
def gate():
    with tempfile.TemporaryDirectory(prefix="garita-auth-", dir="/var/tmp") as directory:
        running = Gate(Home(directory))
        yield running
        running.stop()


@pytest.fixture(autouse=True)
def registry_heard_everything(gate):
    yield
    while not gate.registry.silent():
        pass


@pytest.fixture(scope="module")
def key(gate):
    made = ed25519_key()
    gate.add_key(NAME, made)
    return made


@pytest.fixture(scope="module")
def password(gate):
    gate.console("account", "password", NAME, given=PASSWORD + "\n")
    assert gate.registry.expect("login_event")["detail"].startswith("action=password_set")
    return PASSWORD


# ---- behind a proxy --------------------------------------------------------------------


def admit(gate, session, admitted=1):
    gate.control.send("connection_admitted", connection=session.connection, admitted=admitted)


@pytest.mark.parametrize("address", ["203.0.113.7", "2001:db8::7"])
def test_behind_a_proxy_the_supervisor_is_asked_and_the_grant_has_the_clients_address(
        gate, key, address):
    session = gate.session(proxied=1)
    session.tell_address(address)
    assert gate.control.expect("connection_address") == {
        "connection": session.connection, "address": address}
    assert session.channel.silent()
    admit(gate, session)
    assert session.channel.expect("connection_admitted")["admitted"] == 1
    assert session.verify(NAME, key) == GRANTED
    assert gate.registry.expect("login_grant")["address"] == address


def test_behind_a_proxy_nobody_logs_in_before_the_address_is_admitted(gate, key):
    for told in (False, True):
        session = gate.session(proxied=1)
        if told:
            session.tell_address("203.0.113.7")
            gate.control.expect("connection_address")
        session.channel.send("login_probe", id=1, user=NAME, key=key.blob)
        assert session.channel.is_closed()


def test_an_address_that_is_not_admitted_ends_the_connection(gate):
    session = gate.session(proxied=1)
    session.tell_address("203.0.113.7")
    gate.control.expect("connection_address")
    admit(gate, session, admitted=0)
    assert session.channel.is_closed()


@pytest.mark.parametrize("address", ["", "localhost", "203.0.113", "203.0.113.7 ", "::1%lo"])
def test_what_is_no_address_is_not_passed_on(gate, address):
    session = gate.session(proxied=1)
    session.tell_address(address)
    assert session.channel.is_closed()
    assert gate.control.silent()


def test_an_address_is_told_once_for_ones_own_connection_and_only_behind_a_proxy(gate):
    straight = gate.session()
    straight.tell_address("203.0.113.7")
    assert straight.channel.is_closed()
    other = gate.session(proxied=1)
    other.tell_address("203.0.113.7", connection=straight.connection)
    assert other.channel.is_closed()
    assert gate.control.silent()
    twice = gate.session(proxied=1)
    twice.tell_address("203.0.113.7")
    gate.control.expect("connection_address")
    admit(gate, twice)
    twice.channel.expect("connection_admitted")
    twice.tell_address("203.0.113.8")
    assert twice.channel.is_closed()
    assert gate.control.silent()


# ---- keys -----------------------------------------------------------------------------


def test_a_key_is_usable_for_its_account_alone(gate, key):
    session = gate.session()
    assert session.probe(NAME, key) == USABLE
    assert session.probe(OTHER, key) == DENIED
    assert session.probe(NOBODY, key) == DENIED
    assert session.probe("", key) == DENIED
    assert session.probe(NAME, ed25519_key()) == DENIED


@pytest.mark.parametrize("make", [
    ed25519_key, ecdsa_key, lambda: ecdsa_key(ec.SECP384R1, "nistp384", hashes.SHA384),
    lambda: ecdsa_key(ec.SECP521R1, "nistp521", hashes.SHA512), rsa_key,
    lambda: rsa_key("rsa-sha2-256", hashes.SHA256)])
def test_a_signature_logs_in_and_the_registry_hears_first(gate, make):
    made = make()
    gate.add_key(NAME, made)
    session = gate.session()
    assert session.verify(NAME, made) == GRANTED
    # The answer has arrived, so the grant must be there without waiting.
    gate.registry.end.setblocking(False)
    grant = gate.registry.expect("login_grant")
    gate.registry.end.settimeout(20)
    fingerprint = subprocess.run(["ssh-keygen", "-lf", "-"], input=made.line, text=True,
                                 capture_output=True, check=True).stdout.split()[1]
    assert grant == {"connection": session.connection, "account": NAME,
                     "address": "192.0.2.7", "method": "publickey", "credential": fingerprint}


def test_an_identifier_that_comes_before_the_connection_is_kept(gate, key):
    session_id = os.urandom(64)
    gate.keys.send("session_identified", connection=90000, session_id=session_id)
    session = Session.__new__(Session)
    session.gate, session.connection, session.session_id = gate, 90000, session_id
    session.channel = gate.peer("ssh", connection=90000, address="192.0.2.7")
    assert session.verify(NAME, key) == GRANTED


def test_an_identifier_that_is_still_in_the_channel_is_waited_for(gate, key):
    # Stopped, it finds all of it at once, the question before the identifier.
    session = gate.session(identified=False)
    session.probe(NAME, key)
    os.kill(gate.process.pid, signal.SIGSTOP)
    data = signed_data(session.session_id, NAME, key)
    session.ask_verify(data, key.sign(data))
    session.identify()
    os.kill(gate.process.pid, signal.SIGCONT)
    assert session.channel.expect("login_answer")["result"] == GRANTED


def test_a_signature_for_another_session_is_denied(gate, key):
    assert gate.session().verify(NAME, key, session_id=os.urandom(32)) == DENIED
    assert gate.session(identified=False).verify(NAME, key) == DENIED


def test_a_login_cannot_be_played_back(gate, key):
    first = gate.session()
    data = signed_data(first.session_id, NAME, key)
    signature = key.sign(data)
    first.ask_verify(data, signature)
    assert first.channel.expect("login_answer")["result"] == GRANTED
    # A session that was taken over has keys sign the first one's identifier.
    second = gate.session(identified=False)
    second.identify(first.session_id)
    second.ask_verify(data, signature)
    assert second.channel.expect("login_answer")["result"] == DENIED


def test_a_second_identifier_for_a_connection_is_not_believed(gate, key):
    session = gate.session()
    session.identify(os.urandom(32))
    assert session.verify(NAME, key) == GRANTED


def test_another_accounts_key_is_denied(gate, key):
    session = gate.session()
    assert session.verify(OTHER, key) == DENIED
    event = gate.registry.expect("login_event")
    assert (event["kind"], event["account"]) == ("LOGIN_FAILED", OTHER)
    assert event["detail"].startswith("method=publickey key=SHA256:")


def test_a_wrong_signature_is_denied(gate, key):
    session = gate.session()
    data = signed_data(session.session_id, NAME, key)
    session.ask_verify(data, ed25519_key().sign(data))
    assert session.channel.expect("login_answer")["result"] == DENIED
    session.ask_verify(data + b"\0", key.sign(data + b"\0"))
    assert session.channel.expect("login_answer")["result"] == DENIED


def test_sha1_is_denied(gate):
    made = rsa_key("ssh-rsa", hashes.SHA1)
    gate.add_key(NAME, made)
    session = gate.session()
    assert session.verify(NAME, made) == DENIED
    assert session.verify(NAME, made, algorithm="rsa-sha2-512") == DENIED


def test_a_connection_is_granted_once(gate, key):
    session = gate.session()
    assert session.verify(NAME, key) == GRANTED
    session.channel.send("login_probe", id=9, user=NAME, key=key.blob)
    assert session.channel.is_closed()


def test_many_keys_may_be_offered_but_not_without_end(gate, key):
    session = gate.session()
    for _ in range(20):
        assert session.probe(NAME, ed25519_key()) == DENIED
    assert session.probe(NAME, key) == USABLE
    assert session.probe(OTHER, key) == DENIED
    assert session.channel.is_closed()


# ---- passwords ------------------------------------------------------------------------


def test_the_right_password_logs_in(gate, password):
    session = gate.session(identified=False)
    assert session.password(NAME, password) == GRANTED
    grant = gate.registry.expect("login_grant")
    assert (grant["account"], grant["method"], grant["credential"]) == (NAME, "password", "")


@pytest.mark.parametrize("user, given", [
    (NAME, "otra"), (NAME, ""), (OTHER, PASSWORD), (NOBODY, PASSWORD), ("", PASSWORD),
    ("x" * 65, PASSWORD), (NAME, PASSWORD + "x" * 1024)])
def test_a_wrong_password_is_denied_late_and_told(gate, password, user, given):
    session = gate.session()
    began = time.monotonic()
    assert session.password(user, given) == DENIED
    assert time.monotonic() - began >= DELAY
    event = gate.registry.expect("login_event")
    assert event["kind"] == "LOGIN_FAILED" and event["address"] == "192.0.2.7"
    assert event["account"] == (user if len(user) <= 64 else "")
    assert event["detail"] == "method=password"


def test_the_last_try_closes_the_channel(gate, password):
    session = gate.session()
    for _ in range(TRIES):
        assert session.password(NAME, "otra") == DENIED
    assert session.channel.is_closed()


def test_a_session_that_does_not_wait_gains_no_tries(gate, password):
    session = gate.session()
    for number in range(TRIES + 1):
        session.channel.send("login_password", id=number, user=NAME, password=b"otra")
    assert session.channel.is_closed()


def test_a_session_that_leaves_while_a_password_is_hashed_is_forgotten(gate, password, key):
    for _ in range(4):
        session = gate.session()
        session.channel.send("login_password", id=1, user=NAME, password=password.encode())
        session.channel.close()
    assert gate.session().verify(NAME, key) == GRANTED


# ---- operators ------------------------------------------------------------------------


def test_a_disabled_account_cannot_log_in(gate, key, password):
    gate.console("account", "disable", NAME)
    event = gate.registry.expect("login_event")
    assert (event["kind"], event["detail"]) == ("ACCOUNT", "action=disabled operator_uid=0")
    try:
        session = gate.session()
        assert session.probe(NAME, key) == DENIED
        assert session.verify(NAME, key) == DENIED
        assert session.password(NAME, password) == DENIED
    finally:
        gate.console("account", "enable", NAME)
    assert gate.session().verify(NAME, key) == GRANTED


def test_a_key_that_was_removed_logs_in_no_more(gate):
    made = ed25519_key()
    gate.add_key(NAME, made)
    shown = gate.console("account", "show", NAME).stdout
    fingerprint = subprocess.run(["ssh-keygen", "-lf", "-"], input=made.line, text=True,
                                 capture_output=True, check=True).stdout.split()[1]
    assert fingerprint in shown and "una nota" in shown
    gate.console("account", "key", "remove", NAME, fingerprint)
    assert gate.session().probe(NAME, made) == DENIED
    again = gate.console("account", "key", "remove", NAME, fingerprint, check=False)
    assert again.returncode == 1 and "no key with this fingerprint" in again.stderr


def test_a_generated_password_logs_in(gate):
    made = gate.console("account", "password", OTHER, "--generate").stdout.splitlines()[0]
    assert len(made) == 23
    assert gate.session().password(OTHER, made) == GRANTED


@pytest.mark.parametrize("given, why", [("corta\n", "12"), ("tab\tulador y mas\n", "control"),
                                        ("x" * 1025 + "\n", "too long"), ("", "12")])
def test_a_poor_password_is_not_set(gate, given, why):
    result = gate.console("account", "password", OTHER, given=given, check=False)
    assert result.returncode == 1 and why in result.stderr


@pytest.mark.parametrize("line", ["", "ssh-ed25519 AAAA", "hola", "ssh-dss AAAAB3NzaC1kc3M=",
                                  "-----BEGIN OPENSSH PRIVATE KEY-----"])
def test_what_is_no_public_key_is_not_added(gate, line):
    result = gate.console("account", "key", "add", NAME, "-", given=line + "\n", check=False)
    assert result.returncode == 1 and result.stderr
    assert gate.registry.silent()


def test_a_short_rsa_key_is_not_added(gate):
    result = gate.console("account", "key", "add", NAME, "-", given=rsa_key(bits=1024).line,
                          check=False)
    assert result.returncode == 1 and "too short" in result.stderr


def test_an_account_that_the_policy_does_not_know_is_refused(gate):
    result = gate.console("account", "disable", NOBODY, check=False)
    assert result.returncode == 1 and "no account" in result.stderr


def test_who_is_no_operator_is_refused(gate):
    gate.console_uid = 12345
    try:
        result = gate.console("account", "list", check=False)
    finally:
        gate.console_uid = 0
    assert result.returncode == 1 and "may not" in result.stderr and not result.stdout


def test_the_list_of_accounts_reads_and_parses(gate, password):
    text = gate.console("account", "list").stdout
    assert NAME in text and "correspondent" in text
    rows = json.loads(gate.console("account", "list", "--json").stdout)["account-list"]
    row = next(row for row in rows if row["account"] == NAME)
    assert row["enabled"] == "yes" and row["password"].startswith("20")


def test_the_console_speaks_spanish(gate):
    text = gate.console("account", "list", environment={"LANGUAGE": "es"}).stdout
    assert "corresponsal" in text and "contraseña" in text
    refused = gate.console("account", "show", NOBODY, check=False,
                           environment={"LANGUAGE": "es"})
    assert "ninguna cuenta" in refused.stderr


@pytest.mark.parametrize("arguments", [[], ["nada"], ["account"], ["account", "show"],
                                       ["account", "list", "x"], ["--nada", "status"]])
def test_what_is_no_command_is_a_usage_error(gate, arguments):
    result = gate.console(*arguments, check=False)
    assert result.returncode == 2 and result.stderr and not result.stdout


def test_the_help_names_every_command(gate):
    text = gate.console("help").stdout
    for verb in ("account key add", "ledger verify", "status", "receipt show"):
        assert verb in text


# ---- the others -----------------------------------------------------------------------


def test_credentials_outlive_the_process_and_nothing_is_changed_without_the_ledger():
    with tempfile.TemporaryDirectory(prefix="garita-auth-", dir="/var/tmp") as directory:
        home = Home(directory)
        made = ed25519_key()
        running = Gate(home)
        running.add_key(NAME, made)
        running.stop()
        (home.directory / "run" / "auth.sock").unlink()
        again = Gate(home)
        session = again.session()
        assert session.probe(NAME, made) == USABLE
        again.registry.close()
        assert session.verify(NAME, made) == DENIED
        refused = again.console("account", "disable", NAME, check=False)
        assert refused.returncode == 1 and "nothing was changed" in refused.stderr
        again.registry = again.peer("registry")
        assert again.session().verify(NAME, made) == GRANTED
        again.stop()


def test_no_secret_is_in_the_journal(gate, password):
    gate.session().password(NAME, "otra-contrasena-equivocada")
    text = gate.home.journal_text()
    assert password not in text and "equivocada" not in text
