"""The servers that tests/bench/run measures: a Garita of its own, an OpenSSH of its own, and peers
that somebody named. Each knows where to log in, where files go, and, if its processes are on this
machine, what they cost."""

import os
import pathlib
import re
import shutil
import signal
import subprocess
import time

from support.agency import CORRESPONDENT, RFC, Agency, free_port

SFTP_SERVER_STARTS = 10
TICKS = os.sysconf("SC_CLK_TCK")
OPERATION = "26-240-3420-6001234"
# What would end or slow down a thousand sessions from one address; and a deadline that leaves a
# verdict on 1 GiB its time on a slow disk, so that it is counted in.
LIMITS = {"connections": 4000, "connections_per_address": 4000, "sessions_per_account": 4000,
          "penalty_login_failed_s": 0, "penalty_no_login_s": 0, "penalty_crash_s": 0,
          "verdict_deadline_ms": 60000, "inspect_cpu_s": 30}


def _parent(pid):
    try:
        text = pathlib.Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    return int(text.rpartition(")")[2].split()[1])


class Server:
    """name, host, port, user, key, folder; pid of its first process, or None."""

    pid = None

    @property
    def address(self):
        return f"{self.host}:{self.port}"

    def sftp(self, *lines, timeout=240):
        """OpenSSH's client in batch mode; seconds that it took."""
        options = ["Ciphers=aes128-gcm@openssh.com", "StrictHostKeyChecking=no",
                   "UserKnownHostsFile=/dev/null", "IdentitiesOnly=yes", "LogLevel=ERROR"]
        command = ["sftp", "-q", "-F", "none", "-P", str(self.port), "-i", str(self.key), "-b", "-"]
        for option in options:
            command += ["-o", option]
        began = time.monotonic()
        result = subprocess.run([*command, f"{self.user}@{self.host}"], input="\n".join(lines) + "\n",
                                capture_output=True, text=True, timeout=timeout, check=False)
        if result.returncode != 0:
            raise RuntimeError(f"{self.name}: {lines}: {result.stderr.strip()}")
        return time.monotonic() - began

    # ---- what its processes cost -----------------------------------------------------

    def everyone(self):
        """Its first process and all below; one pass over /proc, since this is asked often."""
        if not self.pid:
            return []
        below = {}
        for pid in (int(entry) for entry in os.listdir("/proc") if entry.isdigit()):
            below.setdefault(_parent(pid), []).append(pid)
        found = [self.pid]
        for pid in found:
            found += below.get(pid, [])
        return found

    def cpu(self):
        """CPU seconds of all its processes, those that ended included; None if they are not here."""
        if not self.pid:
            return None
        total = 0
        for pid in self.everyone():
            try:
                text = pathlib.Path(f"/proc/{pid}/stat").read_text()
            except OSError:
                continue
            total += sum(int(field) for field in text.rpartition(")")[2].split()[11:15])
        return total / TICKS

    def cpu_at_rest(self):
        """The same once nothing goes on any more."""
        before = self.cpu()
        while before is not None:
            time.sleep(0.25)
            now = self.cpu()
            if now - before <= 2 / TICKS:
                return now
            before = now
        return None

    def pss(self):
        """KiB of all its processes, shared pages divided among those that share them."""
        if not self.pid:
            return None
        total = 0
        for pid in self.everyone():
            try:
                text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
            except OSError:
                continue
            total += int(re.search(r"^Pss:\s+(\d+)", text, re.M).group(1))
        return total

    def stop(self):
        pass


def _set_limits(path):
    text = re.sub(r"(?m)^limits:\n(?:  .*\n)*", "", path.read_text())
    path.write_text(text + "\nlimits:\n" + "".join(f"  {key}: {value}\n"
                                                   for key, value in LIMITS.items()))


class Garita(Server):
    name = "garita"
    host = "127.0.0.1"
    user = CORRESPONDENT

    def __init__(self):
        self.agency = Agency()
        _set_limits(self.agency.policy / "garita.yaml")
        self.port = self.agency.port
        self.agency.start()
        self.pid = self.agency.process.pid
        self.key = self.agency.give_key(CORRESPONDENT)
        self.folder = f"/clientes/{RFC}/2026/{OPERATION}"
        self.sftp(f"mkdir {self.folder}")

    def restart(self, between):
        self.agency.stop()
        between(self.agency.directory / "store" / "catalogue.db")
        self.agency.start()
        self.pid = self.agency.process.pid

    def results(self):
        """How many uploads the journal calls filed, held and refused."""
        found = re.findall(r" registry upload .* result=(\w+)", self.agency.journal_text())
        return {word: found.count(word) for word in sorted(set(found))}

    def stop(self):
        try:
            self.agency.stop()
        finally:
            self.agency.remove()


class OpenSsh(Server):
    """internal-sftp of the sshd that Debian has, with the key of the Garita beside it."""

    name = "openssh"
    host = "127.0.0.1"

    def __init__(self, directory, key):
        self.directory = pathlib.Path(directory)
        self.key = key
        self.port = free_port()
        self.user = os.environ.get("USER") if os.getuid() else "root"
        self.user = self.user or subprocess.check_output(["id", "-un"], text=True).strip()
        self.folder = str(self.directory / "files")
        self.process = None
        os.mkdir(self.folder)
        self._start()

    def _start(self):
        host_key = self.directory / "host_key"
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", host_key], check=True)
        authorized = self.directory / "authorized_keys"
        shutil.copy(f"{self.key}.pub", authorized)
        config = self.directory / "sshd_config"
        config.write_text(f"""
Port {self.port}
ListenAddress 127.0.0.1
HostKey {host_key}
PidFile none
AuthorizedKeysFile {authorized}
PasswordAuthentication no
KbdInteractiveAuthentication no
UsePAM no
PermitRootLogin prohibit-password
StrictModes no
Ciphers aes128-gcm@openssh.com
MaxStartups 1000
LogLevel ERROR
Subsystem sftp internal-sftp
""")
        if os.getuid() == 0:
            os.makedirs("/run/sshd", mode=0o755, exist_ok=True)  # sshd insists on it
        sshd = shutil.which("sshd", path="/usr/sbin:/usr/local/sbin:" + os.environ["PATH"])
        if not sshd:
            raise RuntimeError("no sshd: apt-get install openssh-server")
        self.process = subprocess.Popen([sshd, "-D", "-e", "-f", config], stdin=subprocess.DEVNULL,
                                        stderr=open(self.directory / "sshd.log", "w"))
        self.pid = self.process.pid
        end = time.monotonic() + SFTP_SERVER_STARTS
        while True:
            try:
                self.sftp("pwd")
                return
            except RuntimeError:
                if time.monotonic() > end or self.process.poll() is not None:
                    self.stop()
                    raise
                time.sleep(0.1)

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(10)


def _listener(port):
    """The process that listens on a port of this machine, or None."""
    sockets = set()
    for table in ("tcp", "tcp6"):
        for line in pathlib.Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and int(fields[1].rpartition(":")[2], 16) == port:
                sockets.add(f"socket:[{fields[9]}]")
    for pid in sorted(int(entry) for entry in os.listdir("/proc") if entry.isdigit()):
        try:
            for fd in os.listdir(f"/proc/{pid}/fd"):
                if os.readlink(f"/proc/{pid}/fd/{fd}") in sockets:
                    return pid
        except OSError:
            continue
    return None


class Peer(Server):
    """NAME=HOST:PORT:USER:KEYFILE[:FOLDER]; files go to FOLDER, else to the folder of the login."""

    def __init__(self, text):
        match = re.fullmatch(r"([\w-]+)=([^:]+):(\d+):([^:]+):([^:]+)(?::(.+))?", text)
        if not match:
            raise SystemExit(f"--peer NAME=HOST:PORT:USER:KEYFILE, not {text}")
        self.name, self.host, port, self.user, self.key, folder = match.groups()
        self.port = int(port)
        self.folder = folder or "."
        self.pid = _listener(self.port) if self.host in ("127.0.0.1", "localhost") else None
