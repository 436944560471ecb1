"""Bodies: which are read inside the loop, and how those that were looked at are put back.

The decisions are pure; reading itself is written twice, for threads and for tasks.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from battle_healer.clients.library import WIRE, Library
from battle_healer.model import Reply

if TYPE_CHECKING:
    import httpx2

_READ: Final = re.compile(
    r"(text/(?!event-stream)|[^;]*(?:[/+]|amz-)(json|xml)\b|application/x-www-form-urlencoded"
    r"|application/(x-)?ndjson|application/javascript)",
    re.IGNORECASE,
)


_LENGTH_DIGITS: Final = 18
_STEP_BYTES: Final = 1024

Lines = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Upload:
    """A request's body. body: the bytes, if they could be kept; None also for no body.

    replayable: whether it can be sent again. stream: what to send where it was not kept.
    """

    body: bytes | None = field(default=None, repr=False)
    replayable: bool = True
    stream: Any = field(default=None, repr=False)


@dataclass(slots=True)
class Reading:
    """How one reply is read. limit: bytes kept. streamed: the caller wants a stream.

    now: gives monotonic seconds. deadline: of the call. Every call makes one, so it is not frozen.
    """

    library: Library
    limit: int
    streamed: bool
    now: Callable[[], float]
    deadline: float

    def is_late(self) -> bool:
        """Whether the deadline of the call is over."""
        return self.now() > self.deadline

    def passes(self, response: httpx2.Response, headers: Lines) -> bool:
        """Whether the body goes to the caller unread.

        A failure is always read, up to the limit: what it says decides what is done next.
        """
        if response.status_code == HTTPStatus.SWITCHING_PROTOCOLS:
            return True
        if _length(header(headers, "content-length")) > self.limit:
            return True
        if response.status_code >= HTTPStatus.BAD_REQUEST:
            return False
        kind = header(headers, "content-type")
        return self.streamed or not (kind is None or is_read(kind))

    def whole(self, response: httpx2.Response, headers: Lines, raw: bytes) -> Reply:
        """The reply whose body came whole; it is put back for the caller."""
        response.stream = self.library.ByteStream(raw)
        return self._kept(response, headers, raw, truncated=False)

    def again(self, response: httpx2.Response) -> Reply | None:
        """The reply whose body came whole, and was put back; None where it did not come whole."""
        if not isinstance(response.stream, self.library.ByteStream):
            return None
        return self.whole(response, lines_of(response), b"".join(response.stream))

    def cut(self, response: httpx2.Response, headers: Lines, raw: bytes, error: Exception) -> Reply:
        """The reply whose body broke off; for the caller it will break off there, too."""
        response.stream = self.library.pieced(raw, error=error)
        return self._kept(response, headers, raw, truncated=True)

    def late(self) -> Exception:
        """The error of a body that is still coming when the deadline is over."""
        return self.library.ReadTimeout("the deadline of the call ended while its body came")

    def _kept(
        self, response: httpx2.Response, headers: Lines, raw: bytes, *, truncated: bool
    ) -> Reply:
        body, undecodable = self._decoded(response, headers, raw)
        return Reply(response.status_code, headers, body, truncated, undecodable, response)

    def _decoded(
        self, response: httpx2.Response, headers: Lines, raw: bytes
    ) -> tuple[bytes | None, bool]:
        """The content without its transfer form, and whether it is undecodable.

        None where it unfolds beyond the limit.
        """
        encoding = header(headers, "content-encoding")
        if encoding is None or not raw:
            return raw, False
        if sum(map(_is_coding, encoding.split(","))) > 1:
            return None, False  # a bomb within a bomb unfolds beyond any limit in one step
        # In small steps, since a decoder may give all that one holds at once.
        steps = (raw[at : at + _STEP_BYTES] for at in range(0, len(raw), _STEP_BYTES))
        copy = self.library.Response(
            response.status_code,
            headers={"content-encoding": encoding},
            stream=self.library.pieced(b"", steps),
        )
        decoded = bytearray()
        try:
            for chunk in copy.iter_bytes():
                decoded += chunk
                if len(decoded) > self.limit:
                    return None, False
        except self.library.DecodingError:
            # What there is may still tell of a failure; a success it cannot be for the caller,
            # however well the raw bytes read.
            return bytes(decoded) or raw, True
        return bytes(decoded), False


def read(response: httpx2.Response, how: Reading) -> Reply:
    """Read a reply's body as far as it is kept. Cancellation closes it."""
    headers = lines_of(response)
    if how.passes(response, headers):
        return passed(response, headers)
    body = gather(response, how)
    return body if isinstance(body, Reply) else how.whole(response, headers, body)


async def aread(response: httpx2.Response, how: Reading) -> Reply:
    """Read a reply's body as far as it is kept, for tasks. Cancellation closes it."""
    headers = lines_of(response)
    if how.passes(response, headers):
        return passed(response, headers)
    body = await agather(response, how)
    return body if isinstance(body, Reply) else how.whole(response, headers, body)


def gather(response: httpx2.Response, how: Reading) -> bytes | Reply:
    """Read a whole body, raw; the reply itself where it is too long or breaks off."""
    stream: Any = response.stream
    chunks, kept = iter(stream), bytearray()
    try:
        for chunk in chunks:
            kept += chunk
            if len(kept) > how.limit:
                response.stream = how.library.pieced(bytes(kept), chunks, stream)
                return passed(response, lines_of(response))
            if how.is_late():
                raise how.late()
    except how.library.TransportError as error:
        stream.close()
        return how.cut(response, lines_of(response), bytes(kept), error)
    except BaseException:
        stream.close()
        raise
    stream.close()
    return bytes(kept)


async def agather(response: httpx2.Response, how: Reading) -> bytes | Reply:
    """Read a whole body, raw; the reply itself where it is too long or breaks off."""
    stream: Any = response.stream
    chunks, kept = stream.__aiter__(), bytearray()
    try:
        async for chunk in chunks:
            kept += chunk
            if len(kept) > how.limit:
                response.stream = how.library.pieced(bytes(kept), chunks, stream)
                return passed(response, lines_of(response))
            if how.is_late():
                raise how.late()
    except how.library.TransportError as error:
        await close_whole(stream)
        return how.cut(response, lines_of(response), bytes(kept), error)
    except BaseException:
        await close_whole(stream)
        raise
    # Put back first, so that it is there also where the closing is cancelled.
    body = bytes(kept)
    if not isinstance(stream, how.library.ByteStream):
        response.stream = how.library.ByteStream(body)
    await stream.aclose()
    return body


async def close_whole(stream: Any) -> None:
    """Close a reply that was not read to its end; a cancellation waits for that, and then goes on.

    The libraries shield their closing by scopes that a task's own cancellation ignores: cut in
    the middle it leaves the connection taken for good.
    """
    closing = asyncio.ensure_future(stream.aclose())
    try:
        await asyncio.shield(closing)
    except asyncio.CancelledError:
        await closing
        raise


def upload(request: httpx2.Request, library: Library, limit: int) -> Upload:
    """Keep a request's body, if it is no longer than `limit` bytes."""
    if _length(request.headers.get("content-length")) > limit:
        return Upload(None, False, request.stream)
    stream: Any = request.stream
    chunks, kept = iter(stream), bytearray()
    for chunk in chunks:
        kept += chunk
        if len(kept) > limit:
            return Upload(None, False, library.pieced(bytes(kept), chunks, stream))
    request.stream = library.ByteStream(bytes(kept))
    return Upload(bytes(kept) or None)


async def aupload(request: httpx2.Request, library: Library, limit: int) -> Upload:
    """Keep a request's body, if it is no longer than `limit` bytes, for tasks."""
    if _length(request.headers.get("content-length")) > limit:
        return Upload(None, False, request.stream)
    stream: Any = request.stream
    chunks, kept = stream.__aiter__(), bytearray()
    async for chunk in chunks:
        kept += chunk
        if len(kept) > limit:
            return Upload(None, False, library.pieced(bytes(kept), chunks, stream))
    request.stream = library.ByteStream(bytes(kept))
    return Upload(bytes(kept) or None)


def in_memory(request: httpx2.Request) -> Upload:
    """The body of a request whose bytes are at hand."""
    return Upload(request.read() or None)


def lines_of(response: httpx2.Response) -> Lines:
    """A reply's header lines as text; every byte can come back as it was."""
    return tuple((n.decode(WIRE), v.decode(WIRE)) for n, v in response.headers.raw)


def header(headers: Lines, name: str) -> str | None:
    """First value of a header, by lower-case name."""
    for given, value in headers:
        if given.lower() == name:
            return value
    return None


def _is_coding(name: str) -> bool:
    return name.strip().lower() not in ("", "identity")


@lru_cache(256)
def is_read(content_type: str) -> bool:
    """Whether a body of this type is read inside the loop."""
    return _READ.match(content_type) is not None


def passed(response: httpx2.Response, headers: Lines) -> Reply:
    """The reply whose body was not read, or not kept."""
    return Reply(response.status_code, headers, None, handle=response)


def _length(announced: str | None) -> int:
    """The bytes that a Content-Length announces; 0 where it says nothing usable."""
    if announced and len(announced) <= _LENGTH_DIGITS and announced.isdecimal():
        return int(announced)
    return 0
