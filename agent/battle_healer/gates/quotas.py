"""The quotas of a destination's credentials: who signs next, so that no limit is hit.

Two things tell how much a credential has left: `daily_calls` of the policy, counted here, and the
server's own word in a good answer, for windows of more than an hour. (A shorter one is a
throttle's, which binds whoever asks; another credential would only dodge it.)

| standing | when | signs |
|---|---|---|
| fresh | nothing is known to be scarce | in its turn |
| near | `near_quota_percent` of it is used | after those that are fresh |
| spent | nothing is left | not before its time: the server's reset, or the next UTC day |

An attempt is counted when it is let in, so that a crowd does not overshoot, and given back where
the server cannot have seen it. What is told holds until its time, never shorter; a later answer
with more left was perhaps sent earlier.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import IntEnum
from typing import Any, Final

from battle_healer.clock import Clock
from battle_healer.commands import Note
from battle_healer.gates.told import Hold
from battle_healer.model import Kind, Refused
from battle_healer.rules import CredentialRule, GateBounds
from battle_healer.windows import Window

GATE: Final = "quota"
SIGNAL: Final = "CREDENTIAL_QUOTA_SIGNAL"
_ALL: Final = 100.0
_LONG_AGO: Final = float("-inf")


class Standing(IntEnum):
    """How much a credential has left, in the order in which it is told."""

    FRESH = 0
    NEAR = 1
    SPENT = 2


_EVENTS: Final = {
    Standing.NEAR: "credential_near_quota",
    Standing.SPENT: "credential_quota_spent",
}


class Quota:
    """What one credential has left. Guarded by the lock of its gates.

    used: attempts of this UTC day. Times are monotonic seconds, so that a wall clock that jumps
    moves no limit; it is asked once a day, for when the day ends.
    """

    __slots__ = (
        "_bounds", "_clock", "_day_ends", "_near_at", "_near_until", "_rule", "_spent_at",
        "_spent_until", "_told", "used",
    )  # fmt: skip

    def __init__(self, rule: CredentialRule, bounds: GateBounds, clock: Clock) -> None:
        self._rule, self._bounds, self._clock = rule, bounds, clock
        self._spent_at = float("inf") if rule.daily_calls is None else rule.daily_calls
        self._near_at = self._spent_at * bounds.near_quota_percent / _ALL
        self._day_ends = _LONG_AGO
        self._near_until = self._spent_until = _LONG_AGO
        self._told = Standing.FRESH
        self.used = 0

    def __repr__(self) -> str:
        return f"<Quota {self._rule.name}: {self.used} of {self._rule.daily_calls or 'any'}>"

    @property
    def is_counted(self) -> bool:
        """Whether the policy says anything about its day."""
        return self._rule.daily_calls is not None or self._rule.cost is not None

    def is_over(self, now: float) -> bool:
        """Whether nothing has to be remembered."""
        return not self.is_counted and self.standing(now) is Standing.FRESH

    def standing(self, now: float) -> Standing:
        """How much is left."""
        self._turn(now)
        if self.used >= self._spent_at or now < self._spent_until:
            return Standing.SPENT
        if self.used >= self._near_at or now < self._near_until:
            return Standing.NEAR
        return Standing.FRESH

    def ends(self, now: float) -> float:
        """When what is spent, or near it, is there again."""
        if self.standing(now) is Standing.SPENT:
            return max(self._spent_until, self._day_ends if self.used >= self._spent_at else now)
        return max(self._near_until, self._day_ends if self.used >= self._near_at else now)

    def take(self, now: float) -> float:
        """Count an attempt; returns the day that it is counted in."""
        self._turn(now)
        self.used += 1
        return self._day_ends

    def give_back(self, day: float, now: float) -> None:
        """Count an attempt of that day no more."""
        self._turn(now)
        if day == self._day_ends:
            self.used -= 1

    def hears(self, windows: Iterable[Window], now: float) -> None:
        """Keep what a good answer says is left of its quotas; `windows` are such."""
        self._turn(now)
        for window in windows:
            until = self._day_ends if window.resets_s is None else now + window.resets_s
            until = min(until, now + self._bounds.hold_s)  # I7
            if window.remaining == 0:
                self._spent_until = max(self._spent_until, until)
            elif _is_low(window, self._rule.daily_calls, self._bounds.near_quota_percent):
                self._near_until = max(self._near_until, until)

    def news(self, now: float) -> Standing | None:
        """The standing, if it became worse since this was asked last."""
        standing = self.standing(now)
        is_news = standing > self._told
        self._told = standing
        return standing if is_news else None

    def facts(self, now: float) -> dict[str, Any]:
        """What an operator is told; safe to print."""
        rule = self._rule
        facts: dict[str, Any] = {
            "credential": rule.name,
            "tier": rule.tier,
            "daily_calls": rule.daily_calls,
            "resets_in_s": max(0.0, self.ends(now) - now),
        }
        if self.is_counted:
            facts["used_calls"] = self.used
        if rule.cost is not None:
            facts["estimated_cost"] = round(self.used * rule.cost.per_call, 6)
            facts["currency"] = rule.cost.currency
        return facts

    def _turn(self, now: float) -> None:
        """Begin the next day where it has come."""
        if now >= self._day_ends:
            self.used = 0
            self._day_ends = now + _rest_of_day_s(self._clock.wall())


class Quotas:
    """The quotas of one destination. Guarded by the lock of its gates.

    known: by credential; empty where nothing is counted and nothing scarce, which admission looks
    at first. credentials: those that the policy may count.
    """

    __slots__ = ("_bounds", "_clock", "_taken", "known")

    def __init__(
        self, credentials: Iterable[CredentialRule], bounds: GateBounds, clock: Clock
    ) -> None:
        self._bounds, self._clock = bounds, clock
        quotas = {rule.name: Quota(rule, bounds, clock) for rule in credentials}
        self.known = {name: quota for name, quota in quotas.items() if quota.is_counted}
        # By call: against what its attempt in flight was counted, and in which day.
        self._taken: dict[str, tuple[Quota, float]] = {}

    def __repr__(self) -> str:
        return f"<Quotas {list(self.known.values())}>"

    def refusal(self, credential: str, now: float) -> Refused | None:
        """Whether this credential has nothing left. Changes nothing."""
        quota = self.known.get(credential)
        if quota is None or quota.standing(now) is not Standing.SPENT:
            return None
        return Refused(GATE, quota.ends(now) - now, Kind.QUOTA_EXHAUSTED)

    def is_near(self, credential: str, now: float) -> bool:
        """Whether others should sign before this one."""
        quota = self.known.get(credential)
        return quota is not None and quota.standing(now) is not Standing.FRESH

    def holds(self, now: float) -> list[Hold]:
        """Until when those wait that have nothing left."""
        return [
            Hold("credential", name, quota.ends(now))
            for name, quota in self.known.items()
            if quota.standing(now) is Standing.SPENT
        ]

    def take(self, call: str, credential: str | None, now: float) -> None:
        """Count an attempt that this credential will sign."""
        if credential is not None and (quota := self.known.get(credential)) is not None:
            self._taken[call] = quota, quota.take(now)

    def settle(self, call: str, now: float, *, sent: bool) -> None:
        """End an attempt; one that the server cannot have seen is given back."""
        taken = self._taken.pop(call, None)
        if taken is not None and not sent:
            quota, day = taken
            quota.give_back(day, now)

    def hears(self, rule: CredentialRule, windows: Iterable[Window], now: float) -> None:
        """Keep what a good answer says is left of this credential's quotas."""
        told = [window for window in windows if window.is_quota]
        if told and self._bounds.pacer:
            quota = self.known.get(rule.name) or Quota(rule, self._bounds, self._clock)
            quota.hears(told, now)
            self.known[rule.name] = quota

    def signal(self, credential: str, now: float) -> Note | None:
        """What an operator is told of this credential, where it is news."""
        quota = self.known.get(credential)
        news = None if quota is None else quota.news(now)
        if quota is None or news is None:
            return None
        return Note(SIGNAL, {"event": _EVENTS[news], **quota.facts(now)})

    def forget(self, now: float) -> None:
        """Drop what only a server spoke of, once it is over."""
        over = [name for name, quota in self.known.items() if quota.is_over(now)]
        for name in over:
            del self.known[name]


def _is_low(window: Window, cap: int | None, percent: float) -> bool:
    limit = cap if window.limit is None else window.limit
    return limit is not None and _ALL * window.remaining <= limit * (_ALL - percent)


def _rest_of_day_s(wall: datetime) -> float:
    """Seconds until the next UTC day. wall: aware UTC time of day."""
    midnight = wall.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    return (midnight - wall).total_seconds()
