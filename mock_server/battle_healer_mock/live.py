"""Faults that hold for calls by name, set while the server runs or by a scenario."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Final

from battle_healer_mock.errors import BadInputError
from battle_healer_mock.trigger import NOTHING, Trigger, parse

MOST_ROWS: Final = 1_000


@dataclass(slots=True)
class LiveRow:
    """One rule: calls whose key or correlation id matches the glob `calls` get `trigger`.

    method: only requests of this method, None for all. until_s: server time at which the rule
    ends by itself, None for never. matched: how many requests it was applied to.
    """

    id: str
    calls: str
    trigger: Trigger
    method: str | None = None
    until_s: float | None = None
    matched: int = 0

    def holds(self, call: str, correlation_id: str | None, method: str, now_s: float) -> bool:
        """Whether the rule is about this request, now."""
        if self.method is not None and self.method != method:
            return False
        if self.until_s is not None and now_s >= self.until_s:
            return False
        names = (call, correlation_id or call)
        return any(fnmatchcase(name, self.calls) for name in names)

    def as_json(self, now_s: float) -> dict[str, object]:
        """The row as `GET /control/faults` shows it."""
        left = None if self.until_s is None else round(max(0.0, self.until_s - now_s), 3)
        return {
            "id": self.id,
            "calls": self.calls,
            "method": self.method,
            "trigger": self.trigger.text,
            "ttl_s": left,
            "matched": self.matched,
        }


class Live:
    """The rules in force, in the order in which they were set; the first match applies."""

    def __init__(self) -> None:
        self.rows: list[LiveRow] = []
        self._made = 0

    def add(
        self, calls: str, trigger: str, method: str | None, ttl_s: float | None, now_s: float
    ) -> LiveRow:
        """A new rule. Raises TriggerError, or BadInputError where there are too many."""
        read = parse(trigger, "trigger")
        self.drop_ended(now_s)
        if len(self.rows) >= MOST_ROWS:
            raise BadInputError(
                f"more than {MOST_ROWS} live faults", "faults", "Remove some first."
            )
        self._made += 1
        until_s = None if ttl_s is None else now_s + ttl_s
        row = LiveRow(f"live-{self._made}", calls, read, method and method.upper(), until_s)
        self.rows.append(row)
        return row

    def remove(self, ids: Iterable[str]) -> int:
        """Drop the rules with these ids; how many there were."""
        gone = set(ids)
        before = len(self.rows)
        self.rows = [row for row in self.rows if row.id not in gone]
        return before - len(self.rows)

    def drop_ended(self, now_s: float) -> None:
        """Forget rules whose time is over."""
        self.rows = [row for row in self.rows if row.until_s is None or now_s < row.until_s]

    def trigger_for(
        self, call: str, correlation_id: str | None, method: str, now_s: float
    ) -> Trigger:
        """The faults of the first rule that is about this request."""
        for row in self.rows:
            if row.holds(call, correlation_id, method, now_s):
                row.matched += 1
                return row.trigger
        return NOTHING
