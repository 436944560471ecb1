"""procrastinate over a psycopg pool of 16, and a worker with a concurrency of 100.

Source: https://procrastinate.readthedocs.io/en/stable/
"""

from __future__ import annotations

import asyncio
import sys
import time
from importlib import import_module
from itertools import count as counting
from typing import Any

from benchmarks.queue.stores.timing import cpu_s


async def _measured(measure: str, where: str, count: int, callers: int) -> tuple[float, float]:
    library: Any = import_module("procrastinate")
    app = library.App(connector=library.PsycopgConnector(conninfo=where, max_size=16))

    @app.task(name="noop")  # type: ignore[untyped-decorator]  # a peer is not typed here
    async def noop(body: str) -> None:
        """Do nothing."""

    async with app.open_async():
        await app.schema_manager.apply_schema_async()
        numbers = counting()

        async def call() -> None:
            while next(numbers) < count:
                await noop.defer_async(body="x" * 100)

        began, spent = time.perf_counter(), cpu_s()
        await asyncio.gather(*(call() for _ in range(callers)))
        if measure == "drain":
            began, spent = time.perf_counter(), cpu_s()
            await app.run_worker_async(
                wait=False, concurrency=100, listen_notify=False, install_signal_handlers=False
            )
        return time.perf_counter() - began, cpu_s() - spent


def main(measure: str, where: str, count: int, callers: int) -> None:
    """Measure one thing on an empty database."""
    seconds, spent = asyncio.run(_measured(measure, where, count, callers))
    sys.stdout.write(f'{{"s": {seconds}, "cpu_s": {spent}}}\n')


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
