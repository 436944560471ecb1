"""One HTTP library: httpx2, or httpx 0.28, which has the same shapes under other classes.

Which one is told by the request at hand, so that one transport serves clients of both.
"""

from __future__ import annotations

import ssl
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from battle_healer.errors import UsageError
from battle_healer.model import Lost, Phase

if TYPE_CHECKING:
    import httpx2

WIRE: Final = "latin-1"
"""How header bytes are kept as text: every byte comes back as it was."""

KNOWN: Final = ("httpx2", "httpx")
"""Their modules."""
_CAUSES: Final = 8  # how deep the causes of an exception are searched

# First match wins; a time-out of the pool means that no connection was made.
_PHASES: Final[tuple[tuple[str, Phase, bool], ...]] = (
    ("ConnectTimeout", "connect", True),
    ("PoolTimeout", "connect", True),
    ("ConnectError", "connect", False),
    ("ProxyError", "connect", False),
    ("WriteTimeout", "send", True),
    ("WriteError", "send", False),
    ("ReadTimeout", "wait", True),
    ("TransportError", "wait", False),
)


class Library:
    """The classes of one library, typed as those of httpx2."""

    def __init__(self, module: Any) -> None:
        self.Request: type[httpx2.Request] = module.Request
        self.Response: type[httpx2.Response] = module.Response
        self.URL: type[httpx2.URL] = module.URL
        self.ByteStream: type[httpx2.ByteStream] = module.ByteStream
        self.HTTPTransport: type[httpx2.HTTPTransport] = module.HTTPTransport
        self.AsyncHTTPTransport: type[httpx2.AsyncHTTPTransport] = module.AsyncHTTPTransport
        self.TransportError: type[httpx2.TransportError] = module.TransportError
        self.ConnectError: type[httpx2.ConnectError] = module.ConnectError
        self.ReadTimeout: type[httpx2.ReadTimeout] = module.ReadTimeout
        self.DecodingError: type[httpx2.DecodingError] = module.DecodingError
        # A request that this library cannot send at all: nothing to heal.
        self._mistakes = (module.UnsupportedProtocol, module.LocalProtocolError)
        self._phases = tuple((getattr(module, name), p, late) for name, p, late in _PHASES)
        self._pieces: Callable[..., Any] = type(
            "Pieces", (_Pieces, module.SyncByteStream, module.AsyncByteStream), {}
        )

    def lost(self, error: httpx2.TransportError) -> Lost | None:
        """Tell how far the exchange had come when it broke before the reply's head was read.

        None where the request was wrong, not the exchange: there is nothing to heal.
        """
        if isinstance(error, self._mistakes):
            return None
        for kind, phase, timed_out in self._phases:
            if isinstance(error, kind):
                return Lost(_tls(error, phase), str(error), timed_out, error)
        return None

    def pieced(
        self,
        front: bytes,
        rest: Iterator[bytes] | AsyncIterator[bytes] | None = None,
        source: Any = None,
        error: Exception | None = None,
    ) -> Any:
        """Return a stream that gives `front`, then the `rest` of `source`, then raises `error`.

        So bytes that were looked at are put back, and a cut body is cut for the caller, too.
        """
        return self._pieces(front, rest, source, error)


_BY_CLASS: Final[dict[type, Library]] = {}


@cache
def library_named(name: str) -> Library:
    """Return the library whose module, one of `KNOWN`, was imported already."""
    return Library(sys.modules[name])


def library_of(request: httpx2.Request) -> Library:
    """Return the library that made a request. Raises UsageError if it is neither of ours."""
    known = _BY_CLASS.get(type(request))
    if known is not None:
        return known
    name = type(request).__module__.partition(".")[0]
    if name not in KNOWN:
        # A subclass of a program's own, or a module that stands in for one.
        names = (kind.__module__.partition(".")[0] for kind in type(request).__mro__)
        name = next((known for known in names if known in KNOWN), name)
    if name not in KNOWN:
        raise UsageError(
            f"a request of {name!r} cannot be healed",
            "HealingTransport",
            "Use it in a client of httpx2, or of httpx 0.28.",
        )
    found = _BY_CLASS[type(request)] = library_named(name)
    return found


def _tls(error: BaseException, phase: Phase) -> Phase:
    """`tls` where a connection failed in its handshake."""
    cause: BaseException | None = error
    for _ in range(_CAUSES):
        if cause is None:
            break
        if isinstance(cause, ssl.SSLError):
            return "tls" if phase == "connect" else phase
        cause = cause.__cause__ or cause.__context__
    return phase


class _Pieces:
    """The stream of `Library.pieced`, without the base class that a library's client wants."""

    def __init__(self, front: bytes, rest: Any, source: Any, error: Exception | None) -> None:
        self._front, self._rest, self._source, self._error = front, rest, source, error

    def __iter__(self) -> Iterator[bytes]:
        if self._front:
            yield self._front
        if self._rest is not None:
            yield from self._rest
        if self._error is not None:
            raise self._error

    async def __aiter__(self) -> AsyncIterator[bytes]:
        if self._front:
            yield self._front
        if self._rest is not None:
            async for chunk in self._rest:
                yield chunk
        if self._error is not None:
            raise self._error

    def close(self) -> None:
        if self._source is not None:
            self._source.close()

    async def aclose(self) -> None:
        if self._source is not None:
            await self._source.aclose()
