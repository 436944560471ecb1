"""A small API on a real socket, which answers as a test says and keeps what it saw."""

import json
import socketserver
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class Seen:
    """One request as it came. Header names are lower-case."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    connection: int

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def token(self) -> str:
        """The bearer token, without its scheme."""
        return self.headers.get("authorization", "").removeprefix("Bearer ")


@dataclass(frozen=True, slots=True)
class Said:
    """One answer. length: announced instead of the true one, so that the body is cut off."""

    status: int = 200
    body: bytes | str | dict[str, Any] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    length: int | None = None

    def wire(self) -> bytes:
        body = self.body
        kind = {} if isinstance(body, bytes) else {"Content-Type": "application/json"}
        if isinstance(body, dict):
            body = json.dumps(body)
        raw = body.encode() if isinstance(body, str) else body
        length = len(raw) if self.length is None else self.length
        headers = kind | {"Content-Length": str(length)} | self.headers
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        return f"HTTP/1.1 {self.status} X\r\n{head}\r\n".encode() + raw


Answerer = Callable[[Seen], Said | bytes | None]
"""Bytes go out as they are and end the connection; None ends it without a word."""


class Api:
    """A server in threads; `seen` is everything that arrived, in order."""

    def __init__(self, answers: Answerer | list[Said | bytes | None]) -> None:
        self.seen: list[Seen] = []
        self._connections = 0
        self._answers = answers if callable(answers) else None
        self._script = [] if callable(answers) else list(answers)
        self._lock = threading.Lock()
        self._open: set[Any] = set()
        outer = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                outer.serve(self)

        self._server = _Server(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def connections(self) -> int:
        return self._connections

    def at(self, path: str) -> list[Seen]:
        """What arrived at one path."""
        with self._lock:
            return [seen for seen in self.seen if seen.path == path]

    def serve(self, handler: socketserver.StreamRequestHandler) -> None:
        with self._lock:
            self._connections += 1
            number = self._connections
            self._open.add(handler.connection)
        try:
            while (seen := _read(handler.rfile, number)) is not None:
                with self._lock:
                    self.seen.append(seen)
                answer = self._answer(seen)
                handler.wfile.write(answer.wire() if isinstance(answer, Said) else answer or b"")
                if not isinstance(answer, Said) or answer.length is not None:
                    return
        except OSError:
            return
        finally:
            with self._lock:
                self._open.discard(handler.connection)

    def _answer(self, seen: Seen) -> Said | bytes | None:
        if self._answers is not None:
            return self._answers(seen)
        with self._lock:
            return self._script.pop(0) if self._script else Said(500, {"unexpected": seen.path})

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        with self._lock:
            still_open = list(self._open)
        for connection in still_open:
            connection.close()
        self._server.server_close()
        self._thread.join()


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 512

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A connection that a test broke on purpose is no news."""


def _read(stream: Any, connection: int) -> Seen | None:
    line = stream.readline().decode()
    if not line.strip():
        return None
    method, path, _ = line.split(" ", 2)
    headers: dict[str, str] = {}
    while (row := stream.readline().decode("latin-1").strip()) != "":
        name, _, value = row.partition(":")
        headers[name.lower()] = value.strip()
    if headers.get("transfer-encoding") == "chunked":
        body = b""
        while size := int(stream.readline(), 16):
            body += stream.read(size)
            stream.readline()
        stream.readline()
    else:
        body = stream.read(int(headers.get("content-length", 0)))
    return Seen(method, path, headers, body, connection)
