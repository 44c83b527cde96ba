"""An agency of its own for a test: a fresh directory on disk, the example policy, keys,
accounts with keys and passwords, and a garitad from the build under test (GARITA_BUILD).

The journal is kept and read at the end: a role that died on its own, a sandbox trap or a
sanitizer report fails the test, whatever the clients saw.
"""

import contextlib
import os
import pathlib
import re
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile

from support import processes
from support.clients import Clients

SOURCE = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("GARITA_BUILD", SOURCE / "build" / "dev"))
EXAMPLE_POLICY = SOURCE / "deploy" / "examples" / "agency" / "policy"
CORRESPONDENT, OTHER_CORRESPONDENT = "laredo", "manzanillo"
CLIENT, OTHER_CLIENT = "acme", "beta"
RFC, OTHER_RFC = "ACM010101AB1", "BET020202CD2"
START_SECONDS = 30
# All clients of a test come from one address: what one of them did must not lock out the others.
# The users are the port's, so that agencies beside each other do not share limits of a user.
SETTINGS = """agency:
  name: "Agencia Aduanal de Prueba, S.C."
uid_base: {uid_base}
listen:
  - {{protocol: sftp, address: 127.0.0.1, port: {port}}}
limits:
  penalty_login_failed_s: 0
  penalty_no_login_s: 0
  penalty_crash_s: 0
"""

# What a healthy gateway never says.
_BROKEN = re.compile(r"Sanitizer|runtime error:|sandbox_trap| fatal | bug ")
_DEATHS = re.compile(r" (role-ended|role-killed|role-broke-off|role-not-started) ")


def program(name):
    return str(BUILD / "bin" / name)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Agency(Clients):
    def __init__(self):
        base = os.environ.get("GARITA_TEST_DIRECTORY", "/var/tmp")
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="garita-test-", dir=base))
        self.directory.chmod(0o755)
        self.port = free_port()
        self.passwords = {}
        self.process = None
        self.deaths_expected = False
        self.journal_read = 0
        self.policy = self.directory / "policy"
        self.credentials = self.directory / "credentials"
        self.journal_path = self.directory / "journal.log"
        self._lay_out()

    def _lay_out(self):
        shutil.copytree(EXAMPLE_POLICY, self.policy)
        (self.policy / "garita.yaml").write_text(SETTINGS.format(
            port=self.port, uid_base=20000 + self.port % 4000 * 10))
        self.credentials.mkdir(mode=0o700)
        keys = self.directory / "keys"
        keys.mkdir(mode=0o700)
        output = subprocess.run([program("garita-keys"), "create", str(keys)], check=True,
                                capture_output=True, text=True).stdout
        self.fingerprint = re.search(r"SHA256:\S+", output).group()
        host_key = (keys / "host_ed25519.pub").read_text().split()
        self.host_key = host_key[1]
        (self.credentials / "known_hosts").write_text(
            f"[127.0.0.1]:{self.port} {host_key[0]} {host_key[1]}\n")

    # ---- the gateway ----------------------------------------------------------------

    def start(self):
        self.journal = open(self.journal_path, "ab")
        self.journal_start = self.journal.tell()
        self.process = subprocess.Popen(
            [program("garitad"), "--agency", str(self.directory)], stdin=subprocess.DEVNULL,
            stdout=self.journal, stderr=self.journal, start_new_session=True)
        self.wait_ready(START_SECONDS)

    def wait_ready(self, seconds):
        def ready():
            if self.process.poll() is not None:
                raise AssertionError(f"garitad ended by itself:\n{self.journal_text()}")
            said = self.journal_text()[self.journal_start:]
            return " garitad ready " in said and self.reachable()

        try:
            processes.wait_until(ready, seconds, "garitad is ready")
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.journal_text()}") from None

    def reachable(self):
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as probe:
                probe.settimeout(5)
                return probe.recv(4) == b"SSH-"
        except OSError:
            return False

    def stop(self):
        if self.process is None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"garitad did not stop:\n{self.journal_text()}") from None
        self.process = None
        self.journal.close()
        assert code == 0, f"garitad ended with {code}:\n{self.journal_text()}"

    def remove(self):
        shutil.rmtree(self.directory, ignore_errors=True)

    def reload(self):
        """SIGHUP, and the journal's next word on the policy."""
        before = len(self.journal_text())
        self.process.send_signal(signal.SIGHUP)
        pattern = re.compile(r"^.* garitad policy-(kept|in-force).*$", re.M)
        found = processes.wait_until(lambda: pattern.search(self.journal_text()[before:]), 10,
                                     "the journal tells of the policy")
        return found.group()

    def role(self, name):
        """The process of a role: the child of garitad itself."""
        found = [pid for pid in processes.children(self.process.pid)
                 if processes.name(pid) == name]
        assert found, f"{name} does not run"
        return found[0]

    def kill_role(self, name):
        self.deaths_expected = True
        pid = self.role(name)
        os.kill(pid, signal.SIGKILL)
        return pid

    # ---- the journal ----------------------------------------------------------------

    def journal_text(self):
        return self.journal_path.read_text(errors="replace")

    def check_journal(self):
        """What the journal says since the last look must be free of trouble."""
        text = self.journal_text()
        news, self.journal_read = text[self.journal_read:], len(text)
        trouble = [line for line in news.splitlines() if _BROKEN.search(line)
                   or (_DEATHS.search(line) and not self.deaths_expected)]
        self.deaths_expected = False
        assert not trouble, "in the journal:\n" + "\n".join(news.splitlines()[-60:])

    # ---- the console ----------------------------------------------------------------

    def console(self, *arguments, given=None, check=True):
        result = subprocess.run(
            [program("garita"), "--agency", str(self.directory), *arguments], input=given,
            capture_output=True, text=True, timeout=120)
        if check:
            assert result.returncode == 0, (arguments, result.stdout, result.stderr)
        return result

    def give_key(self, account):
        """An Ed25519 key for the account; once."""
        path = self.key_path(account)
        if not path.exists():
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", account, "-f",
                            str(path)], check=True)
            self.console("account", "key", "add", account, f"{path}.pub")
        return path

    def give_password(self, account):
        if account not in self.passwords:
            password = secrets.token_urlsafe(15)
            self.console("account", "password", account, given=password + "\n")
            self.passwords[account] = password
        return self.passwords[account]


@contextlib.contextmanager
def running_agency():
    agency = Agency()
    try:
        agency.start()
        yield agency
        agency.stop()
        agency.check_journal()
    finally:
        with contextlib.suppress(AssertionError):
            agency.stop()
        if not os.environ.get("GARITA_TEST_KEEP"):
            agency.remove()
