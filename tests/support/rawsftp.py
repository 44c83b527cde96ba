"""SFTP version 3, one message at a time: for the sequences of clients that cannot be run here,
and for requests that no library sends. paramiko carries the bytes."""

import contextlib
import struct

import paramiko

INIT, VERSION, OPEN, CLOSE, READ, WRITE = 1, 2, 3, 4, 5, 6
LSTAT, FSTAT, SETSTAT, FSETSTAT, OPENDIR, READDIR = 7, 8, 9, 10, 11, 12
REMOVE, MKDIR, RMDIR, REALPATH, STAT, RENAME, READLINK, SYMLINK = range(13, 21)
LINK, BLOCK, EXTENDED = 21, 22, 200
STATUS, HANDLE, DATA, NAME, ATTRS, EXTENDED_REPLY = 101, 102, 103, 104, 105, 201

FLAG_READ, FLAG_WRITE, FLAG_APPEND, FLAG_CREATE, FLAG_TRUNCATE, FLAG_EXCLUSIVE = (
    1, 2, 4, 8, 16, 32)
FRESH = FLAG_WRITE | FLAG_CREATE | FLAG_TRUNCATE

OK, EOF, NO_SUCH_FILE, PERMISSION_DENIED, FAILURE, BAD_MESSAGE = range(6)
UNSUPPORTED = 8

SECONDS = 20


def u32(number):
    return struct.pack(">I", number & 0xffffffff)


def u64(number):
    return struct.pack(">Q", number)


def string(text):
    data = text.encode() if isinstance(text, str) else text
    return u32(len(data)) + data


def attributes(size=None, mode=None, times=None):
    flags, body = 0, b""
    if size is not None:
        flags, body = flags | 1, body + u64(size)
    if mode is not None:
        flags, body = flags | 4, body + u32(mode)
    if times is not None:
        flags, body = flags | 8, body + u32(times) + u32(times)
    return u32(flags) + body


class Reader:
    def __init__(self, data):
        self.data = data

    def take(self, size):
        taken, self.data = self.data[:size], self.data[size:]
        assert len(taken) == size, "the packet ends too early"
        return taken

    def u32(self):
        return struct.unpack(">I", self.take(4))[0]

    def u64(self):
        return struct.unpack(">Q", self.take(8))[0]

    def string(self):
        return self.take(self.u32())

    def attributes(self):
        flags = self.u32()
        found = {}
        if flags & 1:
            found["size"] = self.u64()
        if flags & 2:
            found["owner"] = (self.u32(), self.u32())
        if flags & 4:
            found["mode"] = self.u32()
        if flags & 8:
            found["times"] = (self.u32(), self.u32())
        return found


class Answer:
    """type, and what a packet of this type holds."""

    def __init__(self, packet):
        reader = Reader(packet)
        self.type = reader.take(1)[0]
        self.size = len(packet)
        self.code = self.text = self.handle = self.data = self.found = None
        self.id = reader.u32()
        if self.type == STATUS:
            self.code, self.text = reader.u32(), reader.string().decode()
            self.language = reader.string()
        elif self.type == HANDLE:
            self.handle = reader.string()
        elif self.type == DATA:
            self.data = reader.string()
        elif self.type == ATTRS:
            self.found = reader.attributes()
        elif self.type == NAME:
            self.names = [(reader.string().decode(), reader.string().decode(),
                           reader.attributes()) for _ in range(reader.u32())]
        elif self.type == EXTENDED_REPLY:
            self.data = reader.data
            return
        self.rest = reader.data

    def __repr__(self):
        return f"<answer {self.type} code={self.code} {self.text!r}>"


class Raw:
    """One SFTP channel. Requests may be sent without waiting; answers are found by their id."""

    def __init__(self, channel, version=3):
        self.channel = channel
        channel.settimeout(SECONDS)
        self.last_id = 0
        self.answers = {}
        if version is not None:
            self.send_packet(bytes([INIT]) + u32(version))
            greeting = Reader(self.receive_packet())
            assert greeting.take(1)[0] == VERSION
            self.version = greeting.u32()
            self.extensions = {}
            while greeting.data:
                name = greeting.string().decode()
                self.extensions[name] = greeting.string().decode()

    def send_packet(self, body):
        self.channel.sendall(u32(len(body)) + body)

    def _bytes(self, size):
        found = b""
        while len(found) < size:
            piece = self.channel.recv(size - len(found))
            if not piece:
                raise EOFError("the gateway closed the channel")
            found += piece
        return found

    def receive_packet(self):
        return self._bytes(struct.unpack(">I", self._bytes(4))[0])

    def send(self, type_, body=b""):
        self.last_id += 1
        self.send_packet(bytes([type_]) + u32(self.last_id) + body)
        return self.last_id

    def answer(self, request):
        while request not in self.answers:
            answer = Answer(self.receive_packet())
            assert answer.id not in self.answers, "one request was answered twice"
            self.answers[answer.id] = answer
        return self.answers.pop(request)

    def ask(self, type_, body=b""):
        return self.answer(self.send(type_, body))

    # ---- requests --------------------------------------------------------------------

    def open(self, path, flags, given=attributes()):
        return self.ask(OPEN, string(path) + u32(flags) + given)

    def opened(self, path, flags, given=attributes()):
        answer = self.open(path, flags, given)
        assert answer.type == HANDLE, answer
        return answer.handle

    def close(self, handle):
        return self.ask(CLOSE, string(handle))

    def read(self, handle, offset, size):
        return self.ask(READ, string(handle) + u64(offset) + u32(size))

    def write(self, handle, offset, data):
        return self.ask(WRITE, string(handle) + u64(offset) + string(data))

    def write_all(self, handle, content, start=0, piece=32 * 1024):
        asked = [self.send(WRITE, string(handle) + u64(at) + string(content[at:at + piece]))
                 for at in range(start, len(content), piece)]
        for request in asked:
            answer = self.answer(request)
            assert answer.code == OK, answer

    def path(self, type_, path, rest=b""):
        return self.ask(type_, string(path) + rest)

    def rename(self, source, target):
        return self.ask(RENAME, string(source) + string(target))

    def posix_rename(self, source, target):
        return self.extended("posix-rename@openssh.com", string(source) + string(target))

    def extended(self, name, body=b""):
        return self.ask(EXTENDED, string(name) + body)

    def put(self, path, content, flags=FRESH):
        handle = self.opened(path, flags)
        self.write_all(handle, content)
        return self.close(handle)

    def get(self, path):
        handle, found = self.opened(path, FLAG_READ), b""
        while True:
            answer = self.read(handle, len(found), 32 * 1024)
            if answer.type == STATUS:
                assert answer.code == EOF, answer
                self.close(handle)
                return found
            found += answer.data

    def list(self, folder):
        """Every entry: (name, longname, attributes)."""
        opened = self.path(OPENDIR, folder)
        assert opened.type == HANDLE, opened
        entries = []
        while (page := self.ask(READDIR, string(opened.handle))).type == NAME:
            entries += page.names
        assert page.code == EOF, page
        self.close(opened.handle)
        return entries


@contextlib.contextmanager
def raw(agency, account, version=3, **options):
    with agency.transport(account, **options) as transport:
        channel = transport.open_session()
        channel.invoke_subsystem("sftp")
        yield Raw(channel, version)


def is_gone(transport: paramiko.Transport):
    return not transport.is_active()
