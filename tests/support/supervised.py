"""Plays the supervisor for one role: starts the executable with its channel on descriptor 3, hands
it a policy and channels, and speaks the wire with it. For tests of a role by itself, where
the other end of each of its channels is the test.
"""

import os
import pathlib
import re
import shutil
import socket
import struct
import subprocess

from support.agency import EXAMPLE_POLICY, SOURCE, program

PATIENCE = 20
CONTROL = 3
ROLES = {name: number for number, name in enumerate(
    ["policy", "keys", "auth", "registry", "inspect", "ssh", "console"])}

_MESSAGE = re.compile(r"MESSAGE\((\w+),\s*(0x\w+),\s*\d+,((?:\s*FIELD\(\w+, \w+\))*)\s*\)")
_FIELD = re.compile(r"FIELD\((\w+), (\w+)\)")
_NUMBERS = {"U8": ">B", "U32": ">I", "U64": ">Q", "I64": ">q"}


def _read_messages():
    """name: (type, fields), from the table that the program itself is made of."""
    return {name: (int(number, 16), _FIELD.findall(fields))
            for file in (SOURCE / "gateway" / "wire").glob("*.def")
            for name, number, fields in _MESSAGE.findall(file.read_text())}


MESSAGES = _read_messages()
_BY_TYPE = {kind: (name, fields) for name, (kind, fields) in MESSAGES.items()}


def encode(name, **values):
    kind, fields = MESSAGES[name]
    out = struct.pack(">H", kind)
    for form, field in fields:
        value = values[field]
        if form in _NUMBERS:
            out += struct.pack(_NUMBERS[form], value)
        else:
            data = value.encode() if isinstance(value, str) else bytes(value)
            out += struct.pack(">I", len(data)) + data + (b"\0" if form == "TEXT" else b"")
    return out


def decode(packet):
    name, fields = _BY_TYPE[struct.unpack(">H", packet[:2])[0]]
    at, values = 2, {}
    for form, field in fields:
        number, = struct.unpack_from(_NUMBERS.get(form, ">I"), packet, at)
        at += struct.calcsize(_NUMBERS.get(form, ">I"))
        if form in _NUMBERS:
            values[field] = number
            continue
        data = packet[at:at + number]
        at += number + (form == "TEXT")
        values[field] = data.decode() if form == "TEXT" else data
    assert at == len(packet)
    return name, values


class Channel:
    """Our end of a channel."""

    def __init__(self, end):
        self.end = end
        self.end.settimeout(PATIENCE)

    def send(self, name, fds=(), **values):
        if fds:
            socket.send_fds(self.end, [encode(name, **values)], list(fds))
        else:
            self.end.send(encode(name, **values))

    def receive(self):
        """(name, values), or None when the role closed it."""
        try:
            packet = self.end.recv(65536)
        except ConnectionResetError:  # it left something unread; its last words are still here
            packet = self.end.recv(65536)
        return decode(packet) if packet else None

    def expect(self, name):
        got = self.receive()
        assert got is not None and got[0] == name, got
        return got[1]

    def silent(self):
        """Nothing has arrived."""
        self.end.setblocking(False)
        try:
            return decode(self.end.recv(65536)) and False
        except BlockingIOError:
            return True
        finally:
            self.end.settimeout(PATIENCE)

    def is_closed(self):
        return self.receive() is None

    def close(self):
        self.end.close()


def pair():
    return socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)


def spawn(executable, journal):
    ours, theirs = pair()
    os.set_inheritable(theirs.fileno(), True)
    # The shell puts the channel where a role looks for it.
    process = subprocess.Popen(
        ["/bin/bash", "-c", f'exec "$0" {CONTROL}<&{theirs.fileno()}', program(executable)],
        pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL, stderr=journal,
        env={"LC_ALL": "C.UTF-8"})
    theirs.close()
    return process, Channel(ours)


class Home:
    """An agency's folder with the example policy, for roles that are started one by one."""

    def __init__(self, directory):
        self.directory = pathlib.Path(directory)
        self.directory.chmod(0o755)
        self.journal_path = self.directory / "journal.log"
        self.journal = open(self.journal_path, "ab")
        self.policy_directory = self.directory / "policy"
        shutil.copytree(EXAMPLE_POLICY, self.policy_directory)
        for folder in ("auth", "run"):
            (self.directory / folder).mkdir(mode=0o700)
        self.uid = 64003 if os.getuid() == 0 else 0
        if self.uid:
            os.chown(self.directory / "auth", self.uid, self.uid)
        subprocess.run([program("garita-keys"), "create", str(self.directory / "keys")],
                       check=True, stdout=subprocess.DEVNULL)

    def read_policy(self):
        """A descriptor of the policy's image."""
        process, channel = spawn("garita-policy", self.journal)
        with open("/dev/null", "rb") as nothing:
            channel.send("role_setup", fds=[nothing.fileno()], agency=str(self.directory),
                         uid=0, time_zone="")
        packet, fds, _, _ = socket.recv_fds(channel.end, 65536, 1)
        got = decode(packet)
        assert got[0] == "role_policy", (got, self.journal_text())
        process.wait(PATIENCE)
        return fds[0]

    def journal_text(self):
        return self.journal_path.read_text(errors="replace")


class Role:
    def __init__(self, home, executable, uid=0):
        self.home = home
        self.process, self.control = spawn(executable, home.journal)
        self.policy = home.read_policy()
        self.control.send("role_setup", fds=[self.policy], agency=str(home.directory), uid=uid,
                          time_zone="America/Mexico_City")
        try:
            self.control.expect("role_ready")
        except AssertionError:
            raise AssertionError(home.journal_text()) from None

    def peer(self, role, connection=0, address="", uid=0, proxied=0):
        """A channel to it; what it hears on it comes, it believes, from this role."""
        ours, theirs = pair()
        self.give(theirs, role, connection, address, uid, proxied)
        return Channel(ours)

    def give(self, end, role, connection=0, address="", uid=0, proxied=0):
        self.control.send("role_peer", fds=[end.fileno()], role=ROLES[role],
                          connection=connection, address=address, proxied=proxied, uid=uid)
        end.close()

    def stop(self):
        self.control.send("role_stop", grace_ms=1000)
        code = self.process.wait(PATIENCE)
        os.close(self.policy)
        text = self.home.journal_text()
        assert code == 0, text
        assert "sandbox_trap" not in text and "anitizer" not in text, text
