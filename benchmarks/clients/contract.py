"""What the judge and a client's program say to each other: JSON lines, so any language will do.

On stdin, one call a line, until the end of the file:

    {"id": "quota.get", "method": "GET", "url": "http://…", "body": null, "timeout_s": 3.0,
     "headers": {"Authorization": "Bearer …", "X-Correlation-ID": "quota.get", …}}

On stdout, one line for each call as it ends, in any order: the answer that the program would have
worked with, or the error that it would have shown.

    {"id": "quota.get", "answer": "…", "error": null}

A program sends every header as given, and makes all calls at once. A call of which it says
nothing within the judge's patience counts as hanging.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import Final

_SHOWN: Final = 200


@dataclass(frozen=True, slots=True)
class Call:
    """One thing that a program is asked to do. body: JSON text, None for a GET."""

    id: str
    method: str
    url: str
    headers: dict[str, str]
    body: str | None
    timeout_s: float

    def line(self) -> str:
        """The call as a program reads it."""
        return json.dumps(asdict(self)) + "\n"


@dataclass(frozen=True, slots=True)
class Told:
    """What a program says of a call: exactly one of the two is not None."""

    id: str
    answer: str | None
    error: str | None

    def line(self) -> str:
        """The same as the judge reads it."""
        return json.dumps(asdict(self)) + "\n"

    @classmethod
    def read(cls, line: str) -> Told:
        """What a program has written. Raises ValueError for what is none of the contract."""
        told = json.loads(line)
        if not isinstance(told, dict) or told.keys() != {"id", "answer", "error"}:
            raise ValueError(f"not an object of id, answer and error: {line[:_SHOWN]}")
        if sorted(type(told[name]).__name__ for name in ("answer", "error")) != ["NoneType", "str"]:
            raise ValueError(f"one of answer and error is text, the other null: {line[:_SHOWN]}")
        return cls(**told)


def read_calls() -> list[Call]:
    """All calls of stdin."""
    return [Call(**json.loads(line)) for line in sys.stdin]


def make_all(calls: Sequence[Call], send: Callable[[Call], str]) -> None:
    """Make all calls at once, in threads; `send` returns the answer or raises."""

    def make(call: Call) -> None:
        try:
            _say(Told(call.id, send(call), None))
        except Exception as error:  # whatever a client raises is its answer
            _say(_failed(call, error))

    with ThreadPoolExecutor(max(1, len(calls))) as pool:
        list(pool.map(make, calls))


async def make_all_async(calls: Sequence[Call], send: Callable[[Call], Awaitable[str]]) -> None:
    """The same in one event loop."""

    async def make(call: Call) -> None:
        try:
            _say(Told(call.id, await send(call), None))
        except Exception as error:  # whatever a client raises is its answer
            _say(_failed(call, error))

    async with asyncio.TaskGroup() as group:
        for call in calls:
            group.create_task(make(call))


def _failed(call: Call, error: Exception) -> Told:
    """The word of a program whose client raised."""
    return Told(call.id, None, f"{type(error).__name__}: {error}")


def _say(told: Told) -> None:
    sys.stdout.write(told.line())
    sys.stdout.flush()
