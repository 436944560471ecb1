"""Places where a test lets the process die as by `kill -9`: named, counted, and without cost.

`HEALER_FAILPOINT=name` kills at the first pass of that place, `name:3` at the third.
"""

from __future__ import annotations

import os
import signal
import threading
from collections import Counter
from typing import Final

_NAME: Final = "HEALER_FAILPOINT"
_passes: Final[Counter[str]] = Counter()
_lock: Final = threading.Lock()


def failpoint(name: str) -> None:
    """Die here, if a test has asked for it."""
    wanted = os.environ.get(_NAME)
    if wanted is None:
        return
    place, _, ordinal = wanted.partition(":")
    if place != name:
        return
    with _lock:
        _passes[name] += 1
        if _passes[name] == int(ordinal or "1"):
            os.kill(os.getpid(), signal.SIGKILL)
