"""The connection to the model's service: bounded in bytes, and it follows nobody.

The SDK's own client follows redirects and takes the API key along, decodes whatever it is sent,
and reads it all into memory.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import Any, Final

import httpx2

MOST_BYTES: Final = 65_536
"""A good answer has about 1 KB."""


class UnfitError(Exception):
    """A reply that is not read; the text is ours. redirect: it points elsewhere."""

    def __init__(self, why: str, *, redirect: bool = False) -> None:
        super().__init__(why)
        self.why, self.redirect = why, redirect


class Bounded(httpx2.AsyncBaseTransport):
    """Refuses what is no plain, small reply of status 200 or 4xx, 5xx."""

    def __init__(self, inner: httpx2.AsyncBaseTransport, most_bytes: int = MOST_BYTES) -> None:
        self._inner, self._most = inner, most_bytes

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Make one exchange. Raises UnfitError, now or while the body is read."""
        response = await self._inner.handle_async_request(request)
        try:
            _check(response)
        except UnfitError:
            await response.aclose()
            raise
        response.stream = _Counted(response.stream, self._most)
        return response

    async def aclose(self) -> None:
        """Close the connections."""
        await self._inner.aclose()


def _check(response: httpx2.Response) -> None:
    status = response.status_code
    if status != HTTPStatus.OK and status < HTTPStatus.BAD_REQUEST:
        raise UnfitError(f"it answers {status}", redirect=status >= 300)  # noqa: PLR2004 - 3xx
    if response.headers.get("content-encoding", "identity").lower() != "identity":
        raise UnfitError("the reply is encoded, which was not asked for")


class _Counted(httpx2.AsyncByteStream):
    """Passes a body on, and stops it at its bound."""

    def __init__(self, inner: Any, most_bytes: int) -> None:
        self._inner, self._most = inner, most_bytes

    async def __aiter__(self) -> AsyncIterator[bytes]:
        seen = 0
        async for chunk in self._inner:
            seen += len(chunk)
            if seen > self._most:
                raise UnfitError(f"the reply is longer than {self._most} bytes")
            yield chunk

    async def aclose(self) -> None:
        """Close the stream."""
        await self._inner.aclose()
