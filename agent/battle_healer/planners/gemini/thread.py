"""The planner's own thread, with an event loop in it: the SDK is loaded, used and closed there.

Sync, threaded and async callers all submit to it, so a client of the SDK never meets a second
loop, and its import (about 1.3 s of CPU) never stops a caller.
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Final, TypeVar

T = TypeVar("T")

_STOP_S: Final = 5.0
_RESOLVERS: Final = 2  # threads that look up names; a resolver that hangs must not take more


class LoopThread:
    """A daemon thread that runs an event loop from the first `submit` until `close`."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._pid = 0

    @property
    def is_new(self) -> bool:
        """Whether nothing runs in it: before the first `submit`, after `close` or a fork."""
        return self._loop is None or self._pid != os.getpid()

    def submit(self, begin: Callable[[], Coroutine[Any, Any, T]]) -> Future[T]:
        """Run a coroutine there. Cancelling the future cancels the task."""
        return asyncio.run_coroutine_threadsafe(begin(), self._running())

    def close(self) -> None:
        """End the loop and wait for the thread; tasks still running are cancelled."""
        with self._lock:
            loop, thread, self._loop, self._thread = self._loop, self._thread, None, None
        if loop is None or thread is None or self._pid != os.getpid():
            return
        loop.call_soon_threadsafe(loop.stop)
        thread.join(_STOP_S)

    def _running(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._loop is None or self._pid != os.getpid():
                # After a fork the thread is in the parent only.
                self._pid = os.getpid()
                self._loop = asyncio.new_event_loop()
                self._loop.set_default_executor(
                    ThreadPoolExecutor(_RESOLVERS, f"{self._name}-resolver")
                )
                self._thread = threading.Thread(
                    target=_run, args=(self._loop,), name=self._name, daemon=True
                )
                self._thread.start()
            return self._loop


def _run(loop: asyncio.AbstractEventLoop) -> None:
    asyncio.set_event_loop(loop)
    try:
        loop.run_forever()
        for task in asyncio.all_tasks(loop):
            task.cancel()
        loop.run_until_complete(asyncio.sleep(0))
        loop.run_until_complete(loop.shutdown_asyncgens())
    finally:
        loop.close()
