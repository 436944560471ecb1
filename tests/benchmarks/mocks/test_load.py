"""The load generator counts whole answers of the status expected, and nothing else."""

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest
from benchmarks.mocks.load import loop

LENGTH = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"
CLOSING = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello"
REQUEST = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


@contextmanager
def serving(answer: bytes, *, split: bool = False) -> Iterator[tuple[int, list[int]]]:
    """A server that gives one answer to every request, and counts them."""
    counted = [0]
    lock = threading.Lock()

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with suppress(ConnectionError):  # the client may leave with an answer unread
                self.answer_all()

        def answer_all(self) -> None:
            while self.request.recv(65536):
                with lock:
                    counted[0] += 1
                parts = [answer[:20], answer[20:]] if split else [answer]
                for part in parts:
                    self.request.sendall(part)
                if b"close" in answer:
                    return

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        request_queue_size = 64

    with Server(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server.server_address[1], counted
        server.shutdown()


@pytest.mark.parametrize("answer", [LENGTH, CHUNKED, CLOSING], ids=["length", "chunked", "closing"])
@pytest.mark.parametrize("split", [False, True], ids=["whole", "in pieces"])
def test_the_count_is_what_the_server_answered(answer: bytes, *, split: bool) -> None:
    with serving(answer, split=split) as (port, counted):
        assert loop(port, 0.05, 200, REQUEST) == counted[0] > 0


def test_another_status_ends_the_run() -> None:
    with (
        serving(LENGTH.replace(b"200 OK", b"401 No")) as (port, _),
        pytest.raises(ValueError, match=r"expected 200, got b'HTTP/1.1 401"),
    ):
        loop(port, 5, 200, REQUEST)
