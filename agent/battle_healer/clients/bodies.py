"""Bodies: which are read inside the loop, and how those that were looked at are put back.

The decisions are pure; reading itself is written twice, for threads and for tasks.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from battle_healer.clients.library import Library
from battle_healer.model import Reply

if TYPE_CHECKING:
    import httpx2

_READ: Final = re.compile(
    r"(text/(?!event-stream)|[^;]*[/+](json|xml)\b|application/x-www-form-urlencoded"
    r"|application/(x-)?ndjson|application/javascript)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Upload:
    """A request's body. body: the bytes, if they could be kept; None also for no body.

    replayable: whether it can be sent again. stream: what to send where it was not kept.
    """

    body: bytes | None = field(default=None, repr=False)
    replayable: bool = True
    stream: Any = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Reading:
    """How one reply is read. limit: bytes kept. streamed: the caller wants a stream.

    is_late: whether the deadline of the call is over.
    """

    library: Library
    limit: int
    streamed: bool
    is_late: Callable[[], bool]

    def passes(self, response: httpx2.Response) -> bool:
        """Whether the body goes to the caller unread.

        A failure is always read, up to the limit: what it says decides what is done next.
        """
        if response.status_code == HTTPStatus.SWITCHING_PROTOCOLS:
            return True
        length = response.headers.get("content-length", "")
        if length.isascii() and length.isdigit() and int(length) > self.limit:
            return True
        if response.status_code >= HTTPStatus.BAD_REQUEST:
            return False
        kind = response.headers.get("content-type")
        return self.streamed or (kind is not None and _READ.match(kind) is None)

    def whole(self, response: httpx2.Response, raw: bytes) -> Reply:
        """The reply whose body came whole; it is put back for the caller."""
        response.stream = self.library.ByteStream(raw)
        return self._reply(response, self._decoded(response, raw))

    def passed(self, response: httpx2.Response) -> Reply:
        """The reply whose body was not read, or not kept."""
        return self._reply(response, None)

    def cut(self, response: httpx2.Response, raw: bytes, error: Exception) -> Reply:
        """The reply whose body broke off; for the caller it will break off there, too."""
        response.stream = self.library.pieced(raw, error=error)
        return self._reply(response, self._decoded(response, raw), truncated=True)

    def late(self) -> Exception:
        """The error of a body that is still coming when the deadline is over."""
        return self.library.ReadTimeout("the deadline of the call ended while its body came")

    def _reply(
        self, response: httpx2.Response, body: bytes | None, *, truncated: bool = False
    ) -> Reply:
        headers = tuple(response.headers.multi_items())
        return Reply(response.status_code, headers, body, truncated, response)

    def _decoded(self, response: httpx2.Response, raw: bytes) -> bytes | None:
        """The content without its transfer form; None where it unfolds beyond the limit."""
        if "content-encoding" not in response.headers:
            return raw
        copy = self.library.Response(
            response.status_code,
            headers={"content-encoding": response.headers["content-encoding"]},
            stream=self.library.ByteStream(raw),
        )
        decoded = bytearray()
        try:
            for chunk in copy.iter_bytes():
                decoded += chunk
                if len(decoded) > self.limit:
                    return None
        except self.library.DecodingError:
            # Not what it claims to be: the bytes as they came say so to whoever reads them.
            return bytes(decoded) or raw
        return bytes(decoded)


def read(response: httpx2.Response, how: Reading) -> Reply:
    """Read a reply's body as far as it is kept. Cancellation closes it."""
    if how.passes(response):
        return how.passed(response)
    stream: Any = response.stream
    chunks, kept = iter(stream), bytearray()
    try:
        for chunk in chunks:
            kept += chunk
            if len(kept) > how.limit:
                response.stream = how.library.pieced(bytes(kept), chunks, stream)
                return how.passed(response)
            if how.is_late():
                raise how.late()
    except how.library.TransportError as error:
        stream.close()
        return how.cut(response, bytes(kept), error)
    except BaseException:
        stream.close()
        raise
    stream.close()
    return how.whole(response, bytes(kept))


async def aread(response: httpx2.Response, how: Reading) -> Reply:
    """Read a reply's body as far as it is kept, for tasks. Cancellation closes it."""
    if how.passes(response):
        return how.passed(response)
    stream: Any = response.stream
    chunks, kept = stream.__aiter__(), bytearray()
    try:
        async for chunk in chunks:
            kept += chunk
            if len(kept) > how.limit:
                response.stream = how.library.pieced(bytes(kept), chunks, stream)
                return how.passed(response)
            if how.is_late():
                raise how.late()
    except how.library.TransportError as error:
        await stream.aclose()
        return how.cut(response, bytes(kept), error)
    except BaseException:
        await stream.aclose()
        raise
    await stream.aclose()
    return how.whole(response, bytes(kept))


def upload(request: httpx2.Request, library: Library, limit: int) -> Upload:
    """Keep a request's body, if it is no longer than `limit` bytes."""
    known = _known(request, library, limit)
    if known is not None:
        return known
    stream: Any = request.stream
    chunks, kept = iter(stream), bytearray()
    for chunk in chunks:
        kept += chunk
        if len(kept) > limit:
            return Upload(None, False, library.pieced(bytes(kept), chunks, stream))
    return Upload(bytes(kept) or None)


async def aupload(request: httpx2.Request, library: Library, limit: int) -> Upload:
    """Keep a request's body, if it is no longer than `limit` bytes, for tasks."""
    known = _known(request, library, limit)
    if known is not None:
        return known
    stream: Any = request.stream
    chunks, kept = stream.__aiter__(), bytearray()
    async for chunk in chunks:
        kept += chunk
        if len(kept) > limit:
            return Upload(None, False, library.pieced(bytes(kept), chunks, stream))
    return Upload(bytes(kept) or None)


def _known(request: httpx2.Request, library: Library, limit: int) -> Upload | None:
    """The upload, where it needs no reading: bytes in memory, or known to be too long."""
    if isinstance(request.stream, library.ByteStream):
        return Upload(request.read() or None)
    length = request.headers.get("content-length", "")
    if length.isascii() and length.isdigit() and int(length) > limit:
        return Upload(None, False, request.stream)
    return None
