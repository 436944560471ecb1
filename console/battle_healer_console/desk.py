"""The queue, asked from an event loop: whatever waits for a disk does so in threads of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

from battle_healer_replay import Queue

T = TypeVar("T")

# Commits are shared by whoever waits for one; each thread has a connection for reading.
_THREADS: Final = 32


class Desk:
    """Asks one queue. The threads stay, so that their connections do, and end with `close`."""

    def __init__(self, queue: Queue) -> None:
        self._queue = queue
        self._threads = ThreadPoolExecutor(_THREADS, "healer-queue-api")

    async def ask(self, do: Callable[[Queue], T]) -> T:
        """Let the queue do something, and return what came of it."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, do, self._queue)

    def close(self) -> None:
        """Let what has begun end, and nothing more begin."""
        self._threads.shutdown(cancel_futures=True)
