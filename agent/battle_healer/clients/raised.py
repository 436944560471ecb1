"""What an exception of any HTTP library, or of an SDK built on one, says of its exchange.

Read by its shape, so that no library has to be imported: the reply that it carries, the request
that it names, or how far an exchange had come by the kind of error. An SDK's own exception names
what it was raised `from`; what merely happened before it (`__context__`) is another story.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import urllib.error
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from battle_healer.clients.bodies import Upload
from battle_healer.clients.library import KNOWN, library_named
from battle_healer.model import Lost, Phase, Reply

if TYPE_CHECKING:
    import httpx2

_CAUSES: Final = 8
_BODY_BYTES: Final = 1_048_576
_SCHEMES: Final = frozenset({"http", "https"})
_LEAST_STATUS, _MOST_STATUS = 100, 999

# Module and class, how far the exchange had come, and whether a wait ran out. The first row that
# fits wins; a class is looked up by its own name and by those of its bases.
_BROKEN: Final[tuple[tuple[str, str, Phase, bool], ...]] = (
    ("requests", "ConnectTimeout", "connect", True),
    ("requests", "ProxyError", "connect", False),
    ("requests", "ReadTimeout", "wait", True),
    ("requests", "ChunkedEncodingError", "read", False),
    ("urllib3", "NewConnectionError", "connect", False),
    ("urllib3", "ConnectTimeoutError", "connect", True),
    ("urllib3", "ReadTimeoutError", "wait", True),
    ("urllib3", "IncompleteRead", "read", False),
    ("urllib3", "ProtocolError", "wait", False),
)
# Their own name tells nothing; what they wrap does.
_WRAPPERS: Final = (
    ("requests", "ConnectionError"),
    ("urllib3", "MaxRetryError"),
    ("urllib3", "SSLError"),
)

# The system's own errors, as urllib and sockets raise them.
_OF_THE_SYSTEM: Final[tuple[tuple[type[Exception], Phase, bool], ...]] = (
    (ssl.SSLCertVerificationError, "tls", False),
    (socket.gaierror, "connect", False),
    (ConnectionRefusedError, "connect", False),
    (http.client.IncompleteRead, "read", False),
    (TimeoutError, "wait", True),
    (ssl.SSLError, "wait", False),
    (ConnectionError, "wait", False),
    (http.client.BadStatusLine, "wait", False),
)


@dataclass(frozen=True, slots=True)
class Named:
    """The request that an exception names. upload: its body, as far as it can be sent again."""

    request: httpx2.Request
    upload: Upload


def trouble_of(error: Exception) -> Reply | Lost | None:
    """What came of the exchange that an exception tells of; None where it tells of none.

    The exception itself is the `handle`. Nothing is read from the network, and nothing that the
    caller may still want to read is used up.
    """
    for cause in _causes(error):
        reply = _reply(cause, error)
        if reply is not None:
            return reply
        lost = _lost(cause, error)
        if lost is not None:
            return lost
    return None


def named_by(error: Exception) -> Named | None:
    """The request that an exception names; None where it names none (urllib's do not)."""
    for cause in _causes(error):
        request = _attribute(cause, "request") or _attribute(_response(cause), "request")
        named = None if request is None else _named(request)
        if named is not None:
            return named
    return None


def close(error: Exception | None) -> None:
    """Close the reply that an exception holds and nobody gets to see.

    Those of urllib and requests; of httpx's, the client or the `with` that opened it takes care.
    """
    response = None if error is None else _response(error)
    if response is not None and not hasattr(response, "aclose"):
        closing = _attribute(response, "close")
        if callable(closing):
            closing()


def named(request: httpx2.Request) -> Named:
    """A request that somebody else named."""
    return Named(request, _upload(request))


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """An exception and what it says that it comes of, nearest first."""
    for _ in range(_CAUSES):
        if error is None:
            return
        yield error
        error = _cause(error)


def _cause(error: BaseException) -> BaseException | None:
    wrapped = error.args[0] if error.args else None
    for cause in (getattr(error, "reason", None), wrapped, error.__cause__):
        if isinstance(cause, BaseException):
            return cause
    return None


def _attribute(thing: Any, name: str) -> Any:
    """An attribute, None where it is not there, or not yet."""
    try:
        return getattr(thing, name, None)
    except Exception:  # a property of somebody else's, which may raise what it likes
        return None


def _response(cause: BaseException) -> Any:
    """What a failure was answered with: its own attribute, or urllib's error itself."""
    return cause if isinstance(cause, urllib.error.HTTPError) else _attribute(cause, "response")


def _reply(cause: BaseException, error: Exception) -> Reply | None:
    response = _response(cause)
    status = _attribute(response, "status_code") or _attribute(response, "status")
    if not isinstance(status, int) or not _LEAST_STATUS <= status <= _MOST_STATUS:
        return None
    headers = _attribute(response, "headers")
    items = _attribute(headers, "multi_items") or _attribute(headers, "items")
    lines = tuple((str(n), str(v)) for n, v in items()) if callable(items) else ()
    return Reply(status, lines, _body(response), handle=error)


def _body(response: Any) -> bytes | None:
    """The body as far as it was read already; None where it was not, or is too long."""
    if isinstance(response, urllib.error.HTTPError):
        return _peeked(response)
    # requests reads a body when its `content` is asked for, which is not ours to do.
    content = vars(response).get("_content") if hasattr(response, "__dict__") else None
    return content if isinstance(content, bytes) and len(content) <= _BODY_BYTES else None


def _peeked(error: urllib.error.HTTPError) -> bytes | None:
    """What has come of the body, left where it is for the caller to read."""
    peek = _attribute(error.fp, "peek")
    try:
        seen = peek(_BODY_BYTES) if callable(peek) else None
    except (OSError, ValueError, http.client.HTTPException):
        return None
    length = error.headers.get("Content-Length", "")
    if not isinstance(seen, bytes) or (length.isdecimal() and len(seen) < int(length)):
        return None
    return seen[: int(length)] if length.isdecimal() else seen


def _lost(cause: BaseException, error: Exception) -> Lost | None:
    names = [(kind.__module__.partition(".")[0], kind.__name__) for kind in type(cause).__mro__]
    for module in KNOWN:
        if (module, "TransportError") in names:
            lost = library_named(module).lost(cause)  # type: ignore[arg-type] # it is, see above
            return None if lost is None else replace(lost, handle=error)
    for module, name, phase, timed_out in _BROKEN:
        if (module, name) in names:
            return Lost(phase, timed_out=timed_out, handle=error)
    if any(wrapper in names for wrapper in _WRAPPERS):
        # Without a word of what broke, the server may have seen all of it.
        return None if _cause(cause) is not None else Lost("wait", handle=error)
    if isinstance(cause, urllib.error.URLError):
        return _while_sent(_cause(cause), error)
    return _of_the_system(cause, error)


def _of_the_system(cause: BaseException | None, error: Exception) -> Lost | None:
    for kind, phase, timed_out in _OF_THE_SYSTEM:
        if isinstance(cause, kind):
            return Lost(phase, timed_out=timed_out, handle=error)
    return None


def _while_sent(cause: BaseException | None, error: Exception) -> Lost | None:
    """The error of urllib for a request that it could not send whole."""
    if not isinstance(cause, OSError):
        return None  # an unknown scheme: the request is wrong
    lost = _of_the_system(cause, error) or Lost("send", handle=error)
    return replace(lost, phase="send") if lost.phase == "wait" else lost


def _named(request: Any) -> Named | None:
    """A request of any library as one of httpx2, which the client reads."""
    import httpx2  # noqa: PLC0415 -- a program that heals functions of urllib needs it only here

    method, url = _attribute(request, "method"), _attribute(request, "url")
    if not isinstance(method, str) or url is None:
        return None
    headers = _attribute(request, "headers")
    raw = _attribute(headers, "raw")
    items = raw if isinstance(raw, list) else list(headers.items() if headers else ())
    try:
        # The libraries send user information as a header, and an entry must not hold it (I2).
        address = httpx2.URL(str(url)).copy_with(username=None, password=None)
        copy = httpx2.Request(method, address, headers=items)
    except (httpx2.InvalidURL, TypeError, ValueError):
        return None
    is_http = address.scheme in _SCHEMES and bool(address.host)
    return Named(copy, _upload(request)) if is_http else None


def _upload(request: Any) -> Upload:
    for name in ("content", "body"):
        body = _attribute(request, name)
        if isinstance(body, str):
            body = body.encode()
        if isinstance(body, bytes):
            return Upload(body or None, len(body) <= _BODY_BYTES)
    # None is no body to requests; to the others it is one that was sent on and not kept.
    is_bare = hasattr(request, "body") and request.body is None
    return Upload(None, is_bare)
