"""What a planner may spend on a model: calls, tokens and money, in a minute and in a day.

The limits are the table `rules.PlannerBudget`; here is what was spent, and whether more may be.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any, Final

from battle_healer.planners.miss import Miss
from battle_healer.rules import PlannerBudget

COINS: Final = ("calls", "tokens", "usd")
_WINDOWS_S: Final = {"minute": 60.0, "day": 86_400.0}


@dataclass(frozen=True, slots=True)
class _Limit:
    """One row of the table: at most so much of one coin in one window, from its start."""

    name: str
    coin: str
    window: str


_LIMITS: Final = tuple(_Limit(row.name, *row.name.split("_per_")) for row in fields(PlannerBudget))


def allowed(*given: Mapping[str, float]) -> PlannerBudget:
    """What holds where settings, a policy or both set some rows: the lower, else the default."""
    rows: dict[str, Any] = {}
    for name, most in (row for rows_given in given for row in rows_given.items()):
        rows[name] = min(most, rows.get(name, most))
    return PlannerBudget(**rows)


class Budget:
    """Counts what is spent. Thread-safe.

    usd_per_million: price of a million tokens. clock: seconds since the epoch, so that a day is
    a day of the calendar. tell: called with a line of ours once in a window whose limit is met.
    """

    def __init__(
        self,
        usd_per_million: float,
        clock: Callable[[], float],
        tell: Callable[[str], object] = lambda line: None,
    ) -> None:
        self._price, self._clock, self._tell = usd_per_million / 1e6, clock, tell
        self._lock = threading.Lock()
        self._windows: dict[str, tuple[int, dict[str, float]]] = {}
        self._told: dict[str, int] = {}

    def take(self, tokens: int, most: PlannerBudget) -> Miss | None:
        """Spend one call of about so many tokens, or say which limit would be broken."""
        with self._lock:
            broken = self._broken(self._cost(tokens, calls=1), most)
            if broken is None:
                self._add(self._cost(tokens, calls=1))
                return None
            number, _ = self._window(broken.window)
            is_new = self._told.get(broken.name) != number
            self._told[broken.name] = number
        allowance = f"{getattr(most, broken.name):g} {broken.coin} a {broken.window}"
        miss = Miss("spent", f"the budget of {allowance} is spent")
        if is_new:
            self._tell(miss.why)
        return miss

    def correct(self, taken: int, used: int) -> None:
        """Put the tokens that a call really used in place of what was taken for it."""
        with self._lock:
            self._add(self._cost(used - taken, calls=0))

    @property
    def today(self) -> dict[str, float]:
        """What is spent today, by coin."""
        with self._lock:
            return dict(self._window("day")[1])

    def spent(self, most: PlannerBudget) -> str:
        """One line for people: what is spent today, and of how much."""
        return ", ".join(
            f"{spent:.4g} of {getattr(most, f'{coin}_per_day'):g} {coin}"
            for coin, spent in self.today.items()
        )

    def _broken(self, cost: dict[str, float], most: PlannerBudget) -> _Limit | None:
        for limit in _LIMITS:
            _, spent = self._window(limit.window)
            if spent[limit.coin] + cost[limit.coin] > getattr(most, limit.name):
                return limit
        return None

    def _cost(self, tokens: int, *, calls: int) -> dict[str, float]:
        return {"calls": calls, "tokens": tokens, "usd": tokens * self._price}

    def _add(self, cost: dict[str, float]) -> None:
        for name in _WINDOWS_S:
            _, spent = self._window(name)
            for coin in COINS:
                spent[coin] += cost[coin]

    def _window(self, name: str) -> tuple[int, dict[str, float]]:
        number = int(self._clock() // _WINDOWS_S[name])
        known = self._windows.get(name)
        if known is None or known[0] != number:
            known = self._windows[name] = (number, dict.fromkeys(COINS, 0.0))
        return known
