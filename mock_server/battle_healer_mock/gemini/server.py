"""The double on a socket of its own: in a thread for tests, or in the foreground for people."""

from __future__ import annotations

import socket
from collections.abc import Callable
from types import TracebackType
from typing import Self

from battle_healer_mock.gemini.app import build
from battle_healer_mock.gemini.double import Double
from battle_healer_mock.serving import Serving, bind, url_of


class GeminiDouble:
    """A double that answers at `url`. As a context manager it runs in a thread of its own.

    double: its policy, faults and wire log. Raises PortInUseError for a taken address.
    """

    def __init__(
        self, double: Double | None = None, host: str = "127.0.0.1", port: int = 0
    ) -> None:
        self.double = double or Double()
        self._host, self._port = host, port
        self._sockets: list[socket.socket] = []
        self._serving = Serving(lambda: build(self.double), lambda: None)

    @property
    def url(self) -> str:
        """The base URL, as the SDK wants it."""
        port = int(self._sockets[0].getsockname()[1]) if self._sockets else self._port
        return url_of(self._host, port)

    def __enter__(self) -> Self:
        self._sockets = [bind(self._host, self._port)]
        self._serving.start(self._sockets, "gemini-double", self.url)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._serving.stop()

    def serve(self, on_ready: Callable[[GeminiDouble], None]) -> None:
        """Run in the foreground until SIGINT or SIGTERM; `on_ready` is called when bound."""
        self._sockets = [bind(self._host, self._port)]
        self._serving.foreground(self._sockets, lambda: on_ready(self))
