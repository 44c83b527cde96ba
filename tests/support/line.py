"""A line between a client and the gateway that counts, and that can break: after so many bytes
of the client both ends are closed, without a word. Loopback, one thread for each direction."""

import contextlib
import socket
import struct
import threading

PIECE = 16 * 1024


class Line:
    def __init__(self, port, cut_after=None):
        self.target = port
        self.cut_after = cut_after
        self.sent = 0      # bytes of the client
        self.received = 0  # bytes of the gateway
        self.broken = threading.Event()
        self._ends = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                far = socket.create_connection(("127.0.0.1", self.target))
                for end in (near, far):
                    end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._ends += [near, far]
                for work in (self._up, self._down):
                    threading.Thread(target=work, args=(near, far), daemon=True).start()

    def _up(self, near, far):
        with contextlib.suppress(OSError):
            while piece := near.recv(PIECE):
                far.sendall(piece)
                self.sent += len(piece)
                if self.cut_after is not None and self.sent >= self.cut_after:
                    self.cut()
                    return
        self._end(far)

    def _down(self, near, far):
        with contextlib.suppress(OSError):
            while piece := far.recv(PIECE):
                near.sendall(piece)
                self.received += len(piece)
        self._end(near)

    @staticmethod
    def _end(socket_):
        with contextlib.suppress(OSError):
            socket_.shutdown(socket.SHUT_WR)

    def cut(self):
        """As when the modem loses power: neither end sends anything more."""
        self.broken.set()
        self._listener.close()
        for end in self._ends:
            with contextlib.suppress(OSError):
                end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                end.shutdown(socket.SHUT_RDWR)
                end.close()


@contextlib.contextmanager
def line(agency, cut_after=None):
    """Clients know the gateway's key by host and port, so they learn the line's port too."""
    made = Line(agency.port, cut_after)
    known = agency.credentials / "known_hosts"
    with known.open("a") as file:
        file.write(f"[127.0.0.1]:{made.port} ssh-ed25519 {agency.host_key}\n")
    try:
        yield made
    finally:
        made.cut()
