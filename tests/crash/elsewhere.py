"""The `healer` command on a machine whose wall clock is wrong: `elsewhere.py SECONDS ARGUMENT...`.

It stands in for such a machine within one process: every way by which Python code asks for the
wall clock is moved before anything else is imported. Monotonic time goes on as it is, as it would.
"""

from __future__ import annotations

import datetime as module
import sys
import time
from datetime import datetime, timedelta, tzinfo
from typing import Any


class _Like(type(datetime)):  # type: ignore[misc]  # the metaclass of what it stands in for
    """What C code makes is a `datetime` all the same."""

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, datetime)


def shift(seconds: int) -> None:
    """Let the wall clock of this process be so many seconds ahead."""
    real, real_ns = time.time, time.time_ns  # noqa: TID251 -- it is the clock that is moved
    real_gmtime, real_localtime, real_clock = time.gmtime, time.localtime, time.clock_gettime

    def now() -> float:
        return real() + seconds

    class Shifted(datetime, metaclass=_Like):
        __slots__ = ()  # of the size that extensions expect

        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Any:
            return datetime.now(tz) + timedelta(seconds=seconds)

        @classmethod
        def utcnow(cls) -> Any:
            raise AssertionError("nothing of ours asks for a time without its zone")

    time.time = now  # noqa: TID251 -- as above
    time.time_ns = lambda: real_ns() + seconds * 1_000_000_000
    time.gmtime = lambda at=None: real_gmtime(now() if at is None else at)
    time.localtime = lambda at=None: real_localtime(now() if at is None else at)
    time.clock_gettime = lambda clock: real_clock(clock) + seconds * (clock == time.CLOCK_REALTIME)
    module.datetime = Shifted  # type: ignore[misc]  # that is the point


if __name__ == "__main__":
    shift(int(sys.argv[1]))
    sys.argv[1:2] = []
    from battle_healer_cli.main import main

    sys.exit(main())
