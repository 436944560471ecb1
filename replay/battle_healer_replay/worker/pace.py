"""How much each destination gets: so many at a time, so many a second, one while it is down."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Final

_FIRST_HOLD_S: Final = 0.5
_LONGEST_HOLD_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class Limit:
    """at_once: entries in hand together. per_s: starts a second; None: any."""

    at_once: int = 16
    per_s: float | None = None

    @property
    def most(self) -> int:
        """The most starts in one go: those of a second, where there is a rate."""
        return self.at_once if self.per_s is None else max(1, int(self.per_s))


@dataclass(slots=True)
class _Place:
    limit: Limit
    tokens: float
    at: float
    in_hand: int = 0
    troubles: int = 0
    held_until: float = -math.inf

    def refill(self, now: float) -> None:
        most, per_s = float(self.limit.most), self.limit.per_s
        self.tokens = most if per_s is None else min(most, self.tokens + (now - self.at) * per_s)
        self.at = now

    def room(self, now: float) -> int:
        self.refill(now)
        # One probe while it is down, the rest wait: a destination is not hammered entry by entry.
        at_once = 1 if self.troubles else self.limit.at_once
        return max(0, min(at_once - self.in_hand, int(self.tokens)))

    def held_s(self, now: float) -> float:
        """Seconds for which one more trouble holds it back."""
        # All that was in hand when it went down tells of one trouble, and not of one each.
        if now >= self.held_until:
            self.troubles += 1
            hold_s = min(_LONGEST_HOLD_S, _FIRST_HOLD_S * 2.0 ** min(self.troubles - 1, 30))
            self.held_until = now + hold_s
        return self.held_until - now

    def begin(self, now: float) -> None:
        self.refill(now)
        self.in_hand += 1
        self.tokens -= 1


@dataclass(slots=True)
class Pace:
    """What is in hand, by destination, and by queue there. Thread-safe. now: monotonic seconds.

    limit_at, limit_in: of a destination, and of one queue there. named: destinations whose limit
    is told before they are seen.
    """

    now: Callable[[], float]
    limit_at: Callable[[str], Limit]
    limit_in: Callable[[str, str], Limit]
    named: Collection[str] = ()
    _places: dict[str, _Place] = field(default_factory=dict)
    _queues: dict[tuple[str, str], _Place] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def rooms(self) -> dict[str, int]:
        """How many entries each known destination may get now."""
        with self._lock:
            for name in self.named:
                self._place(name)
            now = self.now()
            return {name: place.room(now) for name, place in self._places.items()}

    def other(self) -> int:
        """How many a destination may get that was never seen."""
        return max(1, self.limit_at("").most)

    def room_in(self, queue: str, destination: str) -> int:
        """How many entries of a queue a destination may get now."""
        with self._lock:
            return self._in_queue(queue, destination).room(self.now())

    def begin(self, queue: str, destination: str) -> None:
        """An entry is in hand."""
        with self._lock:
            for place in (self._place(destination), self._in_queue(queue, destination)):
                place.begin(self.now())

    def end(self, queue: str, destination: str, *, is_well: bool | None) -> float:
        """It is no longer; returns for how many seconds the destination should get nothing.

        is_well: whether the destination answered; None where that was not learnt.
        """
        with self._lock:
            self._in_queue(queue, destination).in_hand -= 1
            place = self._place(destination)
            place.in_hand -= 1
            if is_well is None:
                return 0.0
            if is_well:
                place.troubles, place.held_until = 0, -math.inf
                return 0.0
            return place.held_s(self.now())

    def refill_s(self) -> float | None:
        """Seconds until a place that is out of tokens has one; None where none is."""
        with self._lock:
            waits = [
                (1.0 - place.tokens) / place.limit.per_s
                for place in (*self._places.values(), *self._queues.values())
                if place.limit.per_s is not None and place.tokens < 1.0
            ]
        return min(waits, default=None)

    def _place(self, destination: str) -> _Place:
        place = self._places.get(destination)
        if place is None:
            place = self._places[destination] = self._new(self.limit_at(destination))
        return place

    def _in_queue(self, queue: str, destination: str) -> _Place:
        place = self._queues.get((queue, destination))
        if place is None:
            place = self._new(self.limit_in(queue, destination))
            self._queues[queue, destination] = place
        return place

    def _new(self, limit: Limit) -> _Place:
        return _Place(limit, float(limit.most), self.now())
