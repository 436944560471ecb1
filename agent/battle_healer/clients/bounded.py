"""The deadline on the wire: nothing is read or written for an attempt after its time is over.

The libraries bound each read by itself, so a server that sends one byte now and then holds a call
for as long as it likes. Here each read and write is given what is left for the whole exchange.

Neither library has a public place for this. Its pools take a network backend, which their
transports do not pass on, so it is put in afterwards; a transport without such a pool (one of a
program's own) is left as it is, and bounds itself as well as it can.
"""

from __future__ import annotations

import sys
from collections.abc import Awaitable
from contextvars import ContextVar, Token
from time import monotonic
from typing import Any, Final

_CORES: Final = ("httpcore2", "httpcore")

# None outside of an exchange of ours: a stream that the caller reads takes as long as he likes.
_ends: ContextVar[float | None] = ContextVar("healer_exchange_ends", default=None)


def begin(left_s: float | None) -> Token[float | None]:
    """Begin an exchange that may take so long, in real seconds; None for no bound."""
    return _ends.set(None if left_s is None else monotonic() + left_s)


def end(begun: Token[float | None]) -> None:
    """End the exchange that `begin` began, in the same thread or task."""
    _ends.reset(begun)


def bound(transport: object) -> None:
    """Let a transport of httpx2 or httpx know of deadlines; any other is left alone."""
    pool: Any = getattr(transport, "_pool", None)
    backend = getattr(pool, "_network_backend", None)
    if backend is None or isinstance(backend, (_Backend, _AsyncBackend)):
        return
    roots = {kind.__module__.partition(".")[0] for kind in type(pool).__mro__}
    core = next((sys.modules[name] for name in _CORES if name in roots), None)
    if core is not None:
        kind = _AsyncBackend if hasattr(pool, "handle_async_request") else _Backend
        pool._network_backend = kind(backend, core)


def _left(given_s: float | None, late: type[Exception]) -> float | None:
    """Seconds for the next step: what the library gives it, cut to what is left. Raises `late`."""
    ends = _ends.get()
    if ends is None:
        return given_s
    left_s = ends - monotonic()
    if left_s <= 0:
        raise late("the deadline of the call ended")
    return left_s if given_s is None else min(left_s, given_s)


class _Backend:
    """Opens connections as `inner` does; they know of deadlines. core: the module of both."""

    def __init__(self, inner: Any, core: Any) -> None:
        self._inner, self._core = inner, core
        self.sleep = inner.sleep

    def connect_tcp(self, *, timeout: float | None, **how: Any) -> _Stream:
        left_s = _left(timeout, self._core.ConnectTimeout)
        return _Stream(self._inner.connect_tcp(timeout=left_s, **how), self._core)

    def connect_unix_socket(self, *, timeout: float | None, **how: Any) -> _Stream:
        left_s = _left(timeout, self._core.ConnectTimeout)
        return _Stream(self._inner.connect_unix_socket(timeout=left_s, **how), self._core)


class _Stream:
    """One connection, with the face of a network stream."""

    def __init__(self, inner: Any, core: Any) -> None:
        self._inner, self._core = inner, core
        self.close, self.get_extra_info = inner.close, inner.get_extra_info

    def read(self, max_bytes: int, timeout: float | None = None) -> Any:
        return self._inner.read(max_bytes, _left(timeout, self._core.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, _left(timeout, self._core.WriteTimeout))

    def start_tls(
        self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None
    ) -> _Stream:
        left_s = _left(timeout, self._core.ConnectTimeout)
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, left_s), self._core)


class _AsyncBackend:
    """Opens connections of an event loop, likewise."""

    def __init__(self, inner: Any, core: Any) -> None:
        self._inner, self._core = inner, core
        self.sleep = inner.sleep

    def connect_tcp(self, *, timeout: float | None, **how: Any) -> Awaitable[_AsyncStream]:
        left_s = _left(timeout, self._core.ConnectTimeout)
        return _opened(self._inner.connect_tcp(timeout=left_s, **how), self._core)

    def connect_unix_socket(self, *, timeout: float | None, **how: Any) -> Awaitable[_AsyncStream]:
        left_s = _left(timeout, self._core.ConnectTimeout)
        return _opened(self._inner.connect_unix_socket(timeout=left_s, **how), self._core)


class _AsyncStream:
    """One connection of an event loop."""

    def __init__(self, inner: Any, core: Any) -> None:
        self._inner, self._core = inner, core
        self.aclose, self.get_extra_info = inner.aclose, inner.get_extra_info

    def read(self, max_bytes: int, timeout: float | None = None) -> Any:
        # What is awaited is the library's own: one more coroutine would cost every read.
        return self._inner.read(max_bytes, _left(timeout, self._core.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> Any:
        return self._inner.write(buffer, _left(timeout, self._core.WriteTimeout))

    def start_tls(
        self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None
    ) -> Awaitable[_AsyncStream]:
        left_s = _left(timeout, self._core.ConnectTimeout)
        return _opened(self._inner.start_tls(ssl_context, server_hostname, left_s), self._core)


async def _opened(opening: Awaitable[Any], core: Any) -> _AsyncStream:
    return _AsyncStream(await opening, core)
