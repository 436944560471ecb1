"""What a planner may spend on a model: calls, tokens and money, in a minute and in a day."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from battle_healer.planners.miss import Miss

Coin = Literal["calls", "tokens", "usd"]
COINS: Final[tuple[Coin, ...]] = ("calls", "tokens", "usd")
_MINUTE_S: Final = 60.0
_DAY_S: Final = 86_400.0
_PER: Final = {_MINUTE_S: "a minute", _DAY_S: "a day"}


@dataclass(frozen=True, slots=True)
class Limit:
    """At most so much of one coin in one window. per_s: 60 or 86,400 seconds, from its start."""

    coin: Coin
    per_s: float
    most: float


def per_minute(coin: Coin, most: float) -> Limit:
    """A limit of every minute."""
    return Limit(coin, _MINUTE_S, most)


def per_day(coin: Coin, most: float) -> Limit:
    """A limit of every day (UTC)."""
    return Limit(coin, _DAY_S, most)


class Budget:
    """Counts what is spent. Thread-safe.

    usd_per_million: price of a million tokens. clock: seconds since the epoch, so that a day is
    a day of the calendar.
    """

    def __init__(
        self, limits: Sequence[Limit], usd_per_million: float, clock: Callable[[], float]
    ) -> None:
        self._limits, self._clock = tuple(limits), clock
        self._price = usd_per_million / 1e6
        self._lock = threading.Lock()
        self._windows: dict[float, tuple[int, dict[Coin, float]]] = {}

    def take(self, tokens: int) -> Miss | None:
        """Spend one call of about so many tokens, or say which limit would be broken."""
        with self._lock:
            cost = self._cost(tokens, calls=1)
            for limit in self._limits:
                spent = self._window(limit.per_s)[limit.coin]
                if spent + cost[limit.coin] > limit.most:
                    most = f"{limit.most:g} {limit.coin} {_PER[limit.per_s]}"
                    return Miss("spent", f"the budget of {most} is spent")
            self._add(cost)
            return None

    def correct(self, taken: int, used: int) -> None:
        """Put the tokens that a call really used in place of what was taken for it."""
        with self._lock:
            self._add(self._cost(used - taken, calls=0))

    @property
    def spent(self) -> str:
        """One line for people: what is spent today, and of how much."""
        with self._lock:
            day = self._window(_DAY_S)
            most = {limit.coin: limit.most for limit in self._limits if limit.per_s == _DAY_S}
            return ", ".join(f"{day[coin]:.4g} of {most[coin]:g} {coin}" for coin in most)

    def _cost(self, tokens: int, *, calls: int) -> dict[Coin, float]:
        return {"calls": calls, "tokens": tokens, "usd": tokens * self._price}

    def _add(self, cost: dict[Coin, float]) -> None:
        for per_s in _PER:
            window = self._window(per_s)
            for coin in COINS:
                window[coin] += cost[coin]

    def _window(self, per_s: float) -> dict[Coin, float]:
        number = int(self._clock() // per_s)
        known = self._windows.get(per_s)
        if known is None or known[0] != number:
            known = self._windows[per_s] = (number, dict.fromkeys(COINS, 0.0))
        return known[1]
