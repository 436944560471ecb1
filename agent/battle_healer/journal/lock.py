"""One writer at a time, over all threads and processes that keep one file.

SQLite up to 3.51.2 can lose committed rows when one connection writes while another checkpoints
(fixed in 3.51.3), and Python links whatever library the system has. So whoever writes, or closes
a writing connection, holds this lock. The system drops it when its process ends, however it ends.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from battle_healer.errors import JournalError
from battle_healer.text import safe

WAIT_S: Final = 5.0
_TRY_AGAIN_S: Final = 0.005


@contextmanager
def alone(path: Path, wait_s: float = WAIT_S) -> Iterator[None]:
    """Hold the lock of the file at `path`: that on `PATH.lock`, which is made if need be.

    Raises JournalError if somebody else holds it for `wait_s` seconds, OSError where the folder
    cannot be written.
    """
    lock = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        _wait_for(lock, path, wait_s)
        try:
            yield
        finally:
            # Closing alone would not do: a process forked meanwhile has the descriptor too.
            _give_back(lock)
    finally:
        os.close(lock)


def _wait_for(lock: int, path: Path, wait_s: float) -> None:
    pause, until = threading.Event(), time.monotonic() + wait_s
    while not _taken(lock):
        if time.monotonic() >= until:
            raise JournalError(
                f"another process has held its lock for {wait_s:g} s",
                safe(str(path)),
                "End the process that writes it and hangs.",
            )
        pause.wait(_TRY_AGAIN_S)


if sys.platform == "win32":
    import msvcrt

    def _taken(lock: int) -> bool:
        try:
            msvcrt.locking(lock, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

    def _give_back(lock: int) -> None:
        msvcrt.locking(lock, msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _taken(lock: int) -> bool:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _give_back(lock: int) -> None:
        fcntl.flock(lock, fcntl.LOCK_UN)
