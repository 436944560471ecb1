"""Ctrl-C and a polite end that are never missed, not even in front of a blocking read."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

TICK_S: Final = 0.25
_POLITE: Final = ("SIGTERM", "SIGHUP")  # by name: not every platform has both


@contextmanager
def prompt_interrupts() -> Iterator[None]:
    """Raise KeyboardInterrupt for SIGINT, SIGTERM and a closed terminal, within a tick.

    A signal that comes between Python's last look for one and the system call that then blocks
    would be seen only when that call ends, for a slow reply half a minute later. A tick ends the
    system call; Python then looks again, and goes on waiting if there was nothing.
    """
    before = {number: signal.signal(number, signal.default_int_handler) for number in _polite()}
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
        for number, handler in before.items():
            signal.signal(number, handler)


def _polite() -> list[signal.Signals]:
    """The signals that ask for an end; what nohup has switched off stays off."""
    known = [signal.Signals[name] for name in _POLITE if name in signal.Signals.__members__]
    return [number for number in known if signal.getsignal(number) is not signal.SIG_IGN]
