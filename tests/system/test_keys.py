"""garita-keys by itself: what it signs, for whom, how often, and who hears of it first."""

import base64
import os
import subprocess
import tempfile

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import load_ssh_public_key

from support.agency import program
from support.supervised import Home, Role

BURST = 16


@pytest.fixture(scope="module")
def home():
    with tempfile.TemporaryDirectory(prefix="garita-keys-", dir="/var/tmp") as directory:
        yield Home(directory)


@pytest.fixture
def keys(home):
    role = Role(home, "garita-keys", uid=64002 if os.getuid() == 0 else 0)
    role.auth = role.peer("auth")
    yield role
    role.stop()


def host_key(home):
    return load_ssh_public_key((home.directory / "keys" / "host_ed25519.pub").read_bytes())


def sign(session, number, exchange_hash):
    session.send("sign_ask", id=number, exchange_hash=exchange_hash)
    return session.expect("sign_answer")["signature"]


def test_the_spawner_hears_the_public_half(keys, home):
    spawner = keys.peer("ssh")
    spawner.send("host_key_ask", id=7)
    answer = spawner.expect("host_key_answer")
    assert answer["id"] == 7
    written = subprocess.run(["ssh-keygen", "-lf", home.directory / "keys" / "host_ed25519.pub"],
                             check=True, capture_output=True, text=True).stdout.split()[1]
    shown = subprocess.run([program("garita-keys"), "show", home.directory / "keys"], check=True,
                           capture_output=True, text=True).stdout
    assert shown.split()[1] == written
    line = (home.directory / "keys" / "host_ed25519.pub").read_text()
    assert answer["blob"] == base64.b64decode(line.split()[1])


@pytest.mark.parametrize("size", [32, 64])
def test_a_session_gets_signatures_of_exchange_hashes(keys, home, size):
    session = keys.peer("ssh", connection=5, address="127.0.0.1")
    first, second = os.urandom(size), os.urandom(size)
    host_key(home).verify(sign(session, 1, first), first)
    host_key(home).verify(sign(session, 2, second), second)
    with pytest.raises(InvalidSignature):
        host_key(home).verify(sign(session, 3, first), second)


def test_auth_hears_the_first_hash_before_the_session_has_the_signature(keys):
    session = keys.peer("ssh", connection=2 ** 40 + 1, address="127.0.0.1")
    first = os.urandom(32)
    sign(session, 1, first)
    sign(session, 2, os.urandom(32))
    fact = keys.auth.expect("session_identified")
    assert fact == {"connection": 2 ** 40 + 1, "session_id": first}
    assert keys.auth.silent()


@pytest.mark.parametrize("size", [0, 31, 33, 48, 65, 200])
def test_nothing_else_is_signed(keys, size):
    session = keys.peer("ssh", connection=6, address="127.0.0.1")
    session.send("sign_ask", id=1, exchange_hash=bytes(size))
    assert session.is_closed()
    assert keys.auth.silent()


def test_more_than_the_burst_ends_the_channel(keys):
    session = keys.peer("ssh", connection=8, address="127.0.0.1")
    other = keys.peer("ssh", connection=9, address="127.0.0.1")
    for number in range(3 * BURST):
        session.send("sign_ask", id=number, exchange_hash=os.urandom(32))
    answered = 0
    while session.receive() is not None:
        answered += 1
    assert BURST <= answered <= BURST + 12
    sign(other, 1, os.urandom(32))


def test_sessions_and_spawner_cannot_ask_for_each_others_things(keys):
    session = keys.peer("ssh", connection=10, address="127.0.0.1")
    session.send("host_key_ask", id=1)
    assert session.is_closed()
    spawner = keys.peer("ssh")
    spawner.send("sign_ask", id=1, exchange_hash=bytes(32))
    assert spawner.is_closed()


def test_other_roles_are_not_heard(keys):
    stranger = keys.peer("registry", connection=3)
    assert stranger.is_closed()


def test_without_auth_there_is_no_signature(home):
    role = Role(home, "garita-keys")
    session = role.peer("ssh", connection=11, address="127.0.0.1")
    session.send("sign_ask", id=1, exchange_hash=bytes(32))
    assert session.is_closed()
    role.stop()


def test_a_connection_that_auth_knows_may_rekey_while_auth_is_away(home):
    role = Role(home, "garita-keys")
    auth = role.peer("auth")
    session = role.peer("ssh", connection=12, address="127.0.0.1")
    sign(session, 1, os.urandom(32))
    auth.close()
    sign(session, 2, os.urandom(32))
    role.stop()


@pytest.mark.parametrize("mode", [0o644, 0o440, 0o700])
def test_a_key_that_others_could_read_is_refused(home, mode):
    with tempfile.TemporaryDirectory() as directory:
        subprocess.run([program("garita-keys"), "create", directory], check=True,
                       stdout=subprocess.DEVNULL)
        os.chmod(os.path.join(directory, "host_ed25519.pem"), mode)
        shown = subprocess.run([program("garita-keys"), "show", directory], text=True,
                               capture_output=True)
        assert shown.returncode == 1 and "mode" in shown.stderr


def test_a_key_that_is_there_is_kept(home):
    path = home.directory / "keys" / "host_ed25519.pem"
    before = path.read_bytes()
    subprocess.run([program("garita-keys"), "create", home.directory / "keys"], check=True,
                   capture_output=True)
    assert path.read_bytes() == before


def test_openssl_reads_the_key(home):
    text = subprocess.run(["openssl", "pkey", "-noout", "-text", "-in",
                           home.directory / "keys" / "host_ed25519.pem"], check=True,
                          capture_output=True, text=True).stdout
    assert "ED25519" in text


def test_without_a_key_the_role_says_what_to_do(home, tmp_path):
    result = subprocess.run([program("garita-keys"), "show", tmp_path], text=True,
                            capture_output=True)
    assert result.returncode == 1 and "garita-keys create" in result.stderr
