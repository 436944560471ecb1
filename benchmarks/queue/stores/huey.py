"""huey on SQLite with fsync=True, as its documentation has it for durability.

Source: https://huey.readthedocs.io/en/latest/api.html
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any

from benchmarks.queue.stores.timing import called, told


def main(measure: str, where: str, count: int, callers: int) -> None:
    """Measure one thing on an empty file."""
    library: Any = import_module("huey")
    huey = library.SqliteHuey(filename=where.removeprefix("sqlite:"), fsync=True)
    noop = huey.task()(_noop)

    def fill(threads: int) -> None:
        called(threads, count, lambda _: noop("x" * 100))

    def drain() -> None:
        while (task := huey.dequeue()) is not None:
            huey.execute(task)

    if measure == "enqueue":
        told(lambda: fill(callers))
    else:
        fill(8)
        told(drain)


def _noop(body: str) -> None:
    """Do nothing."""


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
