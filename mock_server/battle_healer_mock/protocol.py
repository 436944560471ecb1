"""HTTP on the socket: what came whole is answered on the spot, the rest goes the way of ASGI.

A task, an event and two writes for each request are most of what a server in Python costs. A
request that is all there, and an answer that need not wait, can do without.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable
from typing import Final

from uvicorn.protocols.http.httptools_impl import (
    STATUS_LINE,
    HttpToolsProtocol,
    RequestResponseCycle,
)

from battle_healer_mock.answer import Outgoing
from battle_healer_mock.request import Request, plain_request
from battle_healer_mock.sending import Rest
from battle_healer_mock.wire import Wire

AtOnce = Callable[[Request, bytes, Wire], Outgoing | Rest | None]

# The one thing that an answer says of its connection.
_CLOSE: Final = (b"connection", b"close")
# Until the next look at a connection that is in use, in seconds.
_LEAST_S: Final = 1.0
# In uvicorn's words, since its own way to this answer says the same.
_MISTAKE: Final = Outgoing(
    500,
    [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", b"21"),
        _CLOSE,
    ],
    b"Internal Server Error",
    "maybe",
)


class WireProtocol(HttpToolsProtocol):
    """Puts a `Wire` into `scope["state"]["wire"]` of every request on the connection.

    An application that has `at_once` (see `Front`) is asked by it for what came whole.
    """

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # uvicorn narrows it, too
        """Number the connection and hand it on; the counter belongs to the running server."""
        numbers: itertools.count[int] = self.app_state.setdefault("numbers", itertools.count(1))
        self.wire = Wire(transport, next(numbers))
        self.app_state = {**self.app_state, "wire": self.wire}
        self._at_once: AtOnce | None = getattr(self.app, "at_once", None)
        # What came of a body, while nothing is begun for its request; else None.
        self._held: list[bytes] | None = None
        self._heard_s = 0.0
        self._idle_timer: asyncio.TimerHandle | None = None
        super().connection_made(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        """Let go of what belongs to the connection."""
        if self._idle_timer is not None:
            self._idle_timer.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read on, unless the connection is spent: then close it."""
        if self.wire.spent:
            self.wire.fin()
            return
        self._heard_s = self.loop.time()
        super().data_received(data)
        if self._held is not None and not self.transport.is_closing():
            self._begin()

    def on_message_begin(self) -> None:
        """Leave the scope for later: what is answered on the spot needs none."""
        self.url, self.headers = b"", []

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep a field; what it asks of the connection is seen to when a task is begun."""
        self.headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        """Wait for the end of the request, which mostly came along, before anything is begun."""
        self._held = []
        if self._is_busy or self.parser.should_upgrade():
            self._begin()

    def on_body(self, body: bytes) -> None:
        """Keep what came along."""
        if self._held is None:
            super().on_body(body)
        else:
            self._held.append(body)

    def on_message_complete(self) -> None:
        """The request is whole: answer it, or begin what answers it."""
        if self._held is None:
            super().on_message_complete()
        elif self.transport.is_closing():
            # The last answer said so: nothing after it is taken. Source: RFC 9112, section 9.6.
            self._held = None
        elif isinstance(answer := self._answer(b"".join(self._held)), Outgoing):
            self._held = None
            self._write(answer)
        else:
            self._begin(answer)
            super().on_message_complete()

    @property
    def _is_busy(self) -> bool:
        """Whether an answer would be written before its turn, or to a client that reads none."""
        cycle: RequestResponseCycle | None = self.cycle
        return (cycle is not None and not cycle.response_complete) or self.flow.write_paused

    def _answer(self, body: bytes) -> Outgoing | Rest | None:
        client = self.client[0] if self.client else ""
        method = self.parser.get_method().decode("ascii")
        request = plain_request(method, self.url, self.headers, client)
        if request is None or self._at_once is None:
            return None
        try:
            return self._at_once(request, body, self.wire)
        except Exception as error:
            self.logger.exception("Exception in ASGI application\n", exc_info=error)
            return _MISTAKE

    def _write(self, reply: Outgoing) -> None:
        """Write a whole reply at once."""
        closes = _CLOSE in reply.headers
        keeps = (
            not closes
            and self.parser.should_keep_alive()
            and self.parser.get_http_version() != "1.0"
        )
        head = b"".join([b"%b: %b\r\n" % field for field in reply.headers])
        end = b"\r\n" if keeps or closes else b"connection: close\r\n\r\n"
        self.transport.write(b"".join((STATUS_LINE[reply.status], head, end, reply.body)))
        self.server_state.total_requests += 1
        if not keeps:
            self.transport.close()
        elif self._idle_timer is None:
            self._await_silence(self.timeout_keep_alive)

    def _await_silence(self, seconds: float) -> None:
        """Close a connection that is silent for so long.

        One timer looks again and again: to stop and set one for each request takes 2 us.
        """
        self._idle_timer = self.loop.call_later(seconds, self._look_for_silence)

    def _look_for_silence(self) -> None:
        left_s = self._heard_s + self.timeout_keep_alive - self.loop.time()
        if self._is_busy or left_s > 0:
            self._await_silence(max(left_s, _LEAST_S))
        else:
            self.timeout_keep_alive_handler()

    def _begin(self, rest: Rest | None = None) -> None:
        """Begin a task for the request. rest: the application's way on, where it has begun."""
        held, url, headers = self._held, self.url, self.headers
        self._held = None
        super().on_message_begin()
        self.url = url
        for name, value in headers:
            super().on_header(name, value)
        if rest is not None:
            self.scope["state"]["rest"] = rest
        super().on_headers_complete()
        for chunk in held or ():
            super().on_body(chunk)
