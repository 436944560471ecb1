"""Time one measure of a store, and say it."""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable


def cpu_s() -> float:
    """CPU time of this process so far."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def told(measured: Callable[[], None]) -> None:
    """Run what is measured, and print what it took."""
    began, spent = time.perf_counter(), cpu_s()
    measured()
    took = {"s": time.perf_counter() - began, "cpu_s": cpu_s() - spent}
    sys.stdout.write(json.dumps(took) + "\n")
