"""The upstream of the mix: real sockets, faults by call, a ledger and a wire log.

It shares no code with the product's mock server, so that neither grades itself, and none with any
client. Run as a process: `python -m benchmarks.mix.upstream` prints its ports as JSON. `GET /_/log`
gives ledger and log, `POST /_/reset` begins anew; everything else is the API.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import struct
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from email.utils import formatdate
from functools import partial
from http import HTTPStatus
from typing import Any, Final

from benchmarks.mix.calls import BY_NUMBER, Case
from benchmarks.mix.faults import FAULTS, Answer, Seen

STALL_S: Final = 30.0
REGIONS: Final = ("us", "eu")


@dataclass(slots=True)
class Books:
    """What was asked, what took effect, and what the tokens are; new after each reset."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    effects: list[dict[str, Any]] = field(default_factory=list)
    by_key: dict[str, Answer] = field(default_factory=dict)
    calls: dict[int, dict[str, float]] = field(default_factory=dict)
    refreshes: int = 0

    def plain(self) -> dict[str, Any]:
        """All of it, as JSON."""
        return {"rows": self.rows, "effects": self.effects, "refreshes": self.refreshes}


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it was read from the socket. arrived: seconds since the epoch."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    arrived: float


class Upstream:
    """Two regions of one API, on a port each. clock: seconds since the epoch."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.books = Books()
        self._clock = clock

    async def open(self, stack: contextlib.AsyncExitStack) -> dict[str, int]:
        """Listen until the stack is closed; region → port."""
        ports = {}
        for region in REGIONS:
            serve = partial(self.serve, region)
            server = await asyncio.start_server(serve, "127.0.0.1", 0, backlog=2048)
            await stack.enter_async_context(server)
            ports[region] = server.sockets[0].getsockname()[1]
        return ports

    async def serve(
        self, region: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Answer one connection until either side ends it."""
        with contextlib.suppress(ConnectionError), contextlib.closing(writer):
            async for request in _requests(reader, self._clock):
                answer = self._answer(region, request)
                if answer.ending == "stall":
                    await _gone(reader)
                    break
                if not await _write(writer, answer):
                    break

    def _answer(self, region: str, request: Request) -> Answer:
        if request.path.startswith("/_/"):
            return self._control(request)
        if request.path == "/token":
            self.books.refreshes += 1
            return Answer(200, {"token": f"main-{self.books.refreshes + 1}"})
        case = BY_NUMBER.get(int(request.headers.get("bench-call", "0")))
        if case is None:
            return Answer(404, {"error": {"message": "No such call."}})
        return self._exchange(region, request, case)

    def _control(self, request: Request) -> Answer:
        if request.path == "/_/reset":
            self.books = Books()
        return Answer(200, self.books.plain())

    def _exchange(self, region: str, request: Request, case: Case) -> Answer:
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        row: dict[str, Any] = {
            "call": case.number,
            "arrived": request.arrived,
            "region": region,
            "token": token,
        }
        self.books.rows.append(row)
        memory = self.books.calls.setdefault(case.number, {"requests": 0})
        memory["requests"] += 1
        seen = Seen(case, region, token, request.arrived, _json(request.body), memory)
        answer = FAULTS[case.fault](seen, lambda: self._effect(case, request))
        row.update({"status": answer.status, "ending": answer.ending}, **answer.told)
        return answer

    def _effect(self, case: Case, request: Request) -> Answer:
        """What the API truly answers; a write takes effect, once for each key that is honoured."""
        if case.sort == "G":
            return Answer(200, case.answer)
        key = request.headers.get("idempotency-key", "") if case.sort == "K" else ""
        if key and key in self.books.by_key:
            return self.books.by_key[key]
        self.books.effects.append({"call": case.number, "key": key, "at": request.arrived})
        answer = Answer(201, case.answer)
        if key:
            self.books.by_key[key] = answer
        return answer


def _json(body: bytes) -> Any:
    try:
        return json.loads(body) if body else None
    except ValueError:
        return None


async def _requests(
    reader: asyncio.StreamReader, clock: Callable[[], float]
) -> AsyncIterator[Request]:
    """The requests of a connection, in order; ends with it."""
    while True:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
        except asyncio.IncompleteReadError:
            return
        arrived = clock()
        first, *lines = head.decode("latin-1").rstrip().split("\r\n")
        headers = {k.lower(): v.strip() for k, _, v in (line.partition(":") for line in lines)}
        method, target, _ = first.split(" ", 2)
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        yield Request(method, target, headers, body, arrived)


async def _gone(reader: asyncio.StreamReader) -> None:
    """Return when the other side has given up, or after so long that nobody waits any more."""
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(reader.read(), STALL_S)


async def _write(writer: asyncio.StreamWriter, answer: Answer) -> bool:
    """Send an answer, or fail as it says; whether the connection may be used again."""
    if answer.ending == "reset":
        at_once = struct.pack("ii", 1, 0)
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, at_once)
        return False
    media_type, body = answer.written
    lines = [
        f"HTTP/1.1 {answer.status} {HTTPStatus(answer.status).phrase}",
        f"Date: {formatdate(usegmt=True)}",
        f"Content-Type: {media_type}",
        f"Content-Length: {len(body)}",
        *(f"{name}: {value}" for name, value in answer.headers.items()),
    ]
    cut = answer.ending == "cut"
    writer.write("\r\n".join((*lines, "", "")).encode() + body[: len(body) // 2 if cut else None])
    await writer.drain()
    return not cut


async def main() -> None:
    """Serve both regions until killed."""
    upstream = Upstream(time.time)  # noqa: TID251 - an instrument: the wire's own time
    async with contextlib.AsyncExitStack() as stack:
        print(json.dumps(await upstream.open(stack)), flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
