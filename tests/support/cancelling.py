"""Cancels a call at one of its awaits, as its task is cancelled by whoever runs it."""

import asyncio
from collections.abc import AsyncIterator, Coroutine, Generator
from contextlib import aclosing
from typing import Any, Literal

import httpx2

Moment = Literal["begins", "ends"]
"""Whether the cancellation meets a wait that just began, or one whose result is there already.

Both are the same where a task only gives way; so the second counts those that wait for something.
"""


class Cut:
    """Awaits `inner`, and cancels the task at the n-th time that it gives way to the loop.

    at: 1 or more. awaits: how often it gave way; fewer than `at` if it came to its end before.
    """

    def __init__(self, inner: Coroutine[Any, Any, Any], at: int, moment: Moment) -> None:
        self._inner, self._at, self._moment = inner, at, moment
        self.awaits, self.was_cut = 0, False

    def __await__(self) -> Generator[Any, Any, Any]:
        answer: Any = None
        error: BaseException | None = None
        while True:
            try:
                waited = self._inner.send(answer) if error is None else self._inner.throw(error)
            except StopIteration as end:
                return end.value
            self.awaits += self._moment == "begins" or isinstance(waited, asyncio.Future)
            if self.awaits == self._at and not self.was_cut:
                self._cancel(waited)
            answer = error = None
            try:
                answer = yield waited
            except BaseException as raised:
                error = raised

    def _cancel(self, waited: Any) -> None:
        task = asyncio.current_task()
        assert task is not None
        self.was_cut = True
        if self._moment == "ends":
            # Before the task hears of it itself, which asks for its callback only now.
            waited.add_done_callback(lambda _: task.cancel())
        else:
            task.cancel()


class Halting(httpx2.AsyncBaseTransport):
    """Gives way at every seam of an exchange, also where the network had all at hand.

    inner: what sends. signed: the path and the Authorization of each request. read_whole: the
    path of each answer whose last byte was handed on.
    held: by path, what an exchange waits for before it begins.
    """

    def __init__(self, inner: httpx2.AsyncHTTPTransport) -> None:
        self.inner, self.read_whole = inner, list[str]()
        self.signed: list[tuple[str, str]] = []
        self.held: dict[str, asyncio.Event] = {}

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        await asyncio.sleep(0)
        if (go := self.held.get(request.url.path)) is not None:
            await go.wait()
        self.signed.append((request.url.path, request.headers.get("authorization", "")))
        response = await self.inner.handle_async_request(request)
        assert isinstance(response.stream, httpx2.AsyncByteStream)
        response.stream = _HaltingStream(response.stream, request.url.path, self.read_whole)
        return response

    async def aclose(self) -> None:
        await self.inner.aclose()


class _HaltingStream(httpx2.AsyncByteStream):
    def __init__(self, inner: httpx2.AsyncByteStream, path: str, read_whole: list[str]) -> None:
        self._inner, self._path, self._read_whole = inner, path, read_whole

    async def __aiter__(self) -> AsyncIterator[bytes]:
        chunks: Any = self._inner.__aiter__()
        async with aclosing(chunks):
            async for chunk in chunks:
                await asyncio.sleep(0)
                yield chunk
        self._read_whole.append(self._path)

    async def aclose(self) -> None:
        await self._inner.aclose()
        await asyncio.sleep(0)
