"""Time one measure of a store, and say it."""

from __future__ import annotations

import json
import resource
import sys
import threading
import time
from collections.abc import Callable


def cpu_s() -> float:
    """CPU time of this process so far."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def called(callers: int, count: int, call: Callable[[int], object]) -> None:
    """Call with 0 to count - 1, from so many threads; each goes on when its call has returned."""
    numbers = iter(range(count))

    def caller() -> None:
        for number in numbers:
            call(number)

    threads = [threading.Thread(target=caller) for _ in range(callers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def told(measured: Callable[[], None]) -> None:
    """Run what is measured, and print what it took."""
    began, spent = time.perf_counter(), cpu_s()
    measured()
    took = {"s": time.perf_counter() - began, "cpu_s": cpu_s() - spent}
    sys.stdout.write(json.dumps(took) + "\n")
