"""How much each destination gets: so many at a time, so many a second, one while it is down."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

_FIRST_HOLD_S: Final = 0.5
_LONGEST_HOLD_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class Limit:
    """at_once: entries of a destination in hand together. per_s: starts a second; None: any."""

    at_once: int = 16
    per_s: float | None = None


@dataclass(slots=True)
class _Place:
    limit: Limit
    tokens: float
    at: float
    in_hand: int = 0
    troubles: int = 0


@dataclass(slots=True)
class Pace:
    """What is in hand by destination. Thread-safe. now: monotonic seconds."""

    limit: Limit
    now: Callable[[], float]
    limits: Mapping[str, Limit] = field(default_factory=dict)
    _places: dict[str, _Place] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def rooms(self) -> dict[str, int]:
        """How many entries each known destination may get now."""
        with self._lock:
            for name in self.limits:
                self._place(name)
            return {name: self._room(place) for name, place in self._places.items()}

    def other(self) -> int:
        """How many a destination may get that was never seen."""
        return max(1, self._most(self.limit))

    def begin(self, destination: str) -> None:
        """An entry is in hand."""
        with self._lock:
            place = self._place(destination)
            self._refill(place)
            place.in_hand += 1
            place.tokens -= 1

    def end(self, destination: str, *, is_well: bool | None) -> float:
        """It is no longer; returns for how many seconds the destination should get nothing.

        is_well: whether the destination answered; None where that was not learnt.
        """
        with self._lock:
            place = self._place(destination)
            place.in_hand -= 1
            if is_well is None:
                return 0.0
            place.troubles = 0 if is_well else place.troubles + 1
            if is_well:
                return 0.0
            return float(min(_LONGEST_HOLD_S, _FIRST_HOLD_S * 2.0 ** min(place.troubles - 1, 30)))

    def refill_s(self) -> float | None:
        """Seconds until a destination that is out of tokens has one; None where none is."""
        with self._lock:
            waits = [
                (1.0 - place.tokens) / place.limit.per_s
                for place in self._places.values()
                if place.limit.per_s is not None and place.tokens < 1.0
            ]
        return min(waits, default=None)

    def _room(self, place: _Place) -> int:
        self._refill(place)
        # One probe while it is down, the rest wait: a destination is not hammered entry by entry.
        at_once = 1 if place.troubles else place.limit.at_once
        return max(0, min(at_once - place.in_hand, int(place.tokens)))

    def _place(self, destination: str) -> _Place:
        place = self._places.get(destination)
        if place is None:
            limit = self.limits.get(destination, self.limit)
            place = _Place(limit, float(self._most(limit)), self.now())
            self._places[destination] = place
        return place

    def _most(self, limit: Limit) -> int:
        """The most starts in one go: those of a second, where there is a rate."""
        return limit.at_once if limit.per_s is None else max(1, int(limit.per_s))

    def _refill(self, place: _Place) -> None:
        now, per_s = self.now(), place.limit.per_s
        most = float(self._most(place.limit))
        place.tokens = most if per_s is None else min(most, place.tokens + (now - place.at) * per_s)
        place.at = now
