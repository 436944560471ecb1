"""PgQueuer over asyncpg: 16 connections for callers, and a worker tuned to batches of 100.

Over psycopg its worker listens and asks on one connection, and each question may wait up to a
second for the listener (`notifies(timeout=1.0)` in its psycopg driver).

Source: https://pgqueuer.readthedocs.io/en/latest/
"""

from __future__ import annotations

import asyncio
import sys
import time
from contextlib import AsyncExitStack
from importlib import import_module
from itertools import count as counting
from typing import Any

from benchmarks.queue.stores.timing import cpu_s, told

CONNECTIONS = 16


async def _fill(where: str, count: int, callers: int) -> tuple[float, float]:
    """Enqueue from so many tasks; returns seconds, and seconds of CPU."""
    asyncpg: Any = import_module("asyncpg")
    db: Any = import_module("pgqueuer.db")
    queries: Any = import_module("pgqueuer.queries")
    async with AsyncExitStack() as stack:
        doors = []
        for _ in range(min(callers, CONNECTIONS)):
            connection = await asyncpg.connect(where)
            stack.push_async_callback(connection.close)
            doors.append(queries.Queries(db.AsyncpgDriver(connection)))
        await doors[0].install()
        numbers = counting()

        async def call(door: Any) -> None:
            while next(numbers) < count:
                await door.enqueue("noop", b"x" * 100)

        began, spent = time.perf_counter(), cpu_s()
        await asyncio.gather(*(call(doors[i % len(doors)]) for i in range(callers)))
        return time.perf_counter() - began, cpu_s() - spent


async def _drain(where: str, count: int) -> None:
    """Work off so many entries; what is recorded in batches is recorded when this returns."""
    asyncpg: Any = import_module("asyncpg")
    library: Any = import_module("pgqueuer")
    db: Any = import_module("pgqueuer.db")
    async with AsyncExitStack() as stack:
        connection = await asyncpg.connect(where)
        stack.push_async_callback(connection.close)
        worker = library.PgQueuer(db.AsyncpgDriver(connection))
        left = iter(range(count - 1, -1, -1))

        @worker.entrypoint("noop")  # type: ignore[untyped-decorator]  # a peer is not typed here
        async def noop(job: object) -> None:
            """Do nothing; the last one ends the worker, which would else look and wait."""
            if not next(left):
                worker.qm.shutdown.set()

        await worker.qm.run(batch_size=100)


def main(measure: str, where: str, count: int, callers: int) -> None:
    """Measure one thing on an empty database."""
    if measure == "enqueue":
        seconds, spent = asyncio.run(_fill(where, count, callers))
        sys.stdout.write(f'{{"s": {seconds}, "cpu_s": {spent}}}\n')
    else:
        asyncio.run(_fill(where, count, CONNECTIONS))
        told(lambda: asyncio.run(_drain(where, count)))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
