"""A closed loop of requests over kept connections; a process of its own, so that its CPU is too.

`python -m benchmarks.mocks.load PORT SECONDS STATUS` reads the raw request from standard input, and
prints how many answers came. Raises on any other status.
"""

from __future__ import annotations

import re
import socket
import sys
import time
from contextlib import ExitStack, closing
from typing import Final

CONNECTIONS: Final = 16
_LENGTH: Final = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_CHUNK_END: Final = b"0\r\n\r\n"


class Connection:
    """A connection that opens itself anew when the server closes it."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._socket = self._opened()

    def _opened(self) -> socket.socket:
        opened = socket.create_connection(("127.0.0.1", self._port), 10)
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return opened

    def send(self, request: bytes) -> None:
        """Send a whole request."""
        self._socket.sendall(request)

    def close(self) -> None:
        """Close it for good."""
        self._socket.close()

    def answer(self) -> bytes:
        """Return the next answer, head and body."""
        got = b""
        while not _is_whole(got):
            more = self._socket.recv(65536)
            if not more:
                break
            got += more
        if not more or b"\r\nconnection: close" in got.lower():
            self._socket.close()
            self._socket = self._opened()
        return got


def _is_whole(got: bytes) -> bool:
    head, end, body = got.partition(b"\r\n\r\n")
    if not end:
        return False
    length = _LENGTH.search(head)
    return len(body) >= int(length[1]) if length else body.endswith(_CHUNK_END)


def loop(port: int, seconds: float, status: int, request: bytes) -> int:
    """How many answers came within that time. Raises ValueError on another status."""
    expected = f"HTTP/1.1 {status} ".encode()
    with ExitStack() as stack:
        connections = [stack.enter_context(closing(Connection(port))) for _ in range(CONNECTIONS)]
        answers, end = 0, time.monotonic() + seconds
        while time.monotonic() < end:
            for connection in connections:
                connection.send(request)
            for connection in connections:
                answer = connection.answer()
                if not answer.startswith(expected):
                    raise ValueError(f"expected {status}, got {answer[:300]!r}")
                answers += 1
    return answers


if __name__ == "__main__":
    port, seconds, status = sys.argv[1:]
    print(loop(int(port), float(seconds), int(status), sys.stdin.buffer.read()))
