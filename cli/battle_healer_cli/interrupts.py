"""Ctrl-C and a polite end that are never missed, not even in front of a blocking read."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

TICK_S: Final = 0.25


@contextmanager
def prompt_interrupts() -> Iterator[None]:
    """Raise KeyboardInterrupt for SIGINT and SIGTERM, within a tick, for as long as this lasts.

    A signal that comes between Python's last look for one and the system call that then blocks
    would be seen only when that call ends, for a slow reply half a minute later. A tick ends the
    system call; Python then looks again, and goes on waiting if there was nothing.
    """
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    ticks = hasattr(signal, "setitimer")  # not on Windows, whose waits can be interrupted
    alarm = signal.signal(signal.SIGALRM, lambda *_: None) if ticks else None
    if ticks:
        signal.setitimer(signal.ITIMER_REAL, TICK_S, TICK_S)
    try:
        yield
    finally:
        if ticks:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, alarm)
        signal.signal(signal.SIGTERM, before)
