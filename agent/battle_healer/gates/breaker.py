"""The breaker of one region: a place that fails is left alone, and then asked by one call only.

| state | on | becomes |
|---|---|---|
| closed | too many attempts failed in the window | open |
| closed, open, half-open | the server names a time for the place | open, until then |
| open | its time is over, and somebody asks | half-open: that call is the probe |
| half-open | the probe is answered well | closed |
| half-open | the probe fails | open |
| half-open | the probe is cancelled | half-open: the next call is the probe |

Asked before every attempt, so it cuts the resends of calls that are under way as well.
Source: "CircuitBreaker" (Fowler); failsafe-go `circuitbreaker`; one probe, since letting all
callers through when it half-opens is the commonest mistake of breakers.
"""

from __future__ import annotations

from collections import deque
from enum import StrEnum
from typing import Final

from battle_healer.model import Kind, Refused
from battle_healer.rules import GateBounds

GATE: Final = "breaker"
PROBE_S: Final = 1.0
"""How long others give a probe to be answered before they ask again."""

UNWELL: Final = frozenset(
    {
        Kind.CONNECT_FAILED,
        Kind.TIMEOUT,
        Kind.CONNECTION_LOST,
        Kind.UNAVAILABLE,
        Kind.SERVER_ERROR,
        Kind.MALFORMED_REPLY,
    }
)
"""What says that the place itself is not well. A throttle or a refusal shows that it lives."""

_BUCKETS: Final = 10  # the window moves in tenths of its length


class State(StrEnum):
    """What the breaker does with who asks: lets all pass, none, or one."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half-open"


CLOSED: Final = State.CLOSED  # asked for in every call, and an enumeration looks its members up


class Breaker:
    """Guarded by the lock of its gates. Times are monotonic seconds."""

    __slots__ = ("_bounds", "_probe", "_until", "_window", "state")

    def __init__(self, bounds: GateBounds) -> None:
        self._bounds = bounds
        self._window = Window(bounds.breaker_window_s)
        self._probe: str | None = None
        self._until = 0.0
        self.state = State.CLOSED

    def __repr__(self) -> str:
        probe = f", probe {self._probe}" if self._probe else ""
        until = f", until {self._until:.6g}" if self.state is State.OPEN else ""
        return f"<Breaker {self.state}{until}{probe}>"

    def refusal(self, now: float) -> Refused | None:
        """Whether an attempt has to stay away, and for how long. Changes nothing."""
        if self.state is State.OPEN and now < self._until:
            return Refused(GATE, self._until - now)
        # Also while open: a straggler may have been told a time since the probe was sent.
        return None if self._probe is None else Refused(GATE, PROBE_S)

    def held_until(self, now: float) -> float | None:
        """The time before which no attempt is let through; None if one may go now."""
        return self._until if self.state is State.OPEN and now < self._until else None

    def enter(self, call: str) -> None:
        """Let an attempt of this call through, after `refusal` said nothing against it."""
        if self.state is not State.CLOSED:
            self.state, self._probe = State.HALF_OPEN, call

    def settle(self, call: str, now: float, *, failed: bool | None) -> None:
        """Learn how an attempt of this call ended; failed is None where it was cancelled."""
        if self.state is CLOSED:
            if failed is not None:
                self._window.add(now, failed=failed)
                if failed and self._is_bad(now):
                    self._open(now + self._bounds.breaker_open_s)
            return
        if call != self._probe:
            return
        self._probe = None
        if self.state is State.HALF_OPEN:
            if failed:
                self._open(now + self._bounds.breaker_open_s)
            elif failed is False:
                self.state = State.CLOSED
                self._window.clear()

    def told(self, until: float) -> None:
        """The server named a time for this place: closed to all until then, and then a probe."""
        self._open(until)

    def _open(self, until: float) -> None:
        # A time that was named before and is later stays in force (I3).
        self._until = max(self._until, until)
        self.state = State.OPEN

    def _is_bad(self, now: float) -> bool:
        attempts, failed = self._window.sums(now)
        bounds = self._bounds
        return (
            attempts >= bounds.breaker_attempts
            and 100 * failed >= attempts * bounds.breaker_failed_percent
        )


class Window:
    """Attempts and failures of the last `length_s` seconds, forgotten a tenth at a time."""

    __slots__ = ("_buckets", "_current", "_ends", "_length_s", "_width_s")

    def __init__(self, length_s: float) -> None:
        self._length_s, self._width_s = length_s, length_s / _BUCKETS
        self.clear()

    def clear(self) -> None:
        """Forget all."""
        # One bucket: when it begins, attempts, failures.
        self._buckets: deque[list[float]] = deque()
        self._current: list[float] = []
        self._ends = float("-inf")

    def add(self, now: float, *, failed: bool) -> None:
        """Count one attempt."""
        if now >= self._ends:
            self._forget(now)
            self._current = [now, 0, 0]
            self._buckets.append(self._current)
            self._ends = now + self._width_s
        self._current[1] += 1
        self._current[2] += failed

    def sums(self, now: float) -> tuple[float, float]:
        """Attempts and failures in the window."""
        self._forget(now)
        return sum(b[1] for b in self._buckets), sum(b[2] for b in self._buckets)

    def _forget(self, now: float) -> None:
        while self._buckets and self._buckets[0][0] <= now - self._length_s:
            self._buckets.popleft()
