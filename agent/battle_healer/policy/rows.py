"""Tables of defaults as a policy writes them: which key sets which row, and in what words.

Light to import: the page of defaults and the policy in force are shown without pydantic.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import Field, dataclass, fields
from typing import TYPE_CHECKING, Any, Final

from battle_healer.policy.durations import duration_of, per_second, rate_of, seconds
from battle_healer.rules import GateBounds, QueueRule

if TYPE_CHECKING:
    from pydantic import BaseModel


@dataclass(frozen=True, slots=True)
class Rows:
    """A table of `rules`, and where a part of the policy sets each of its rows."""

    table: type[GateBounds | QueueRule]
    keys: Mapping[str, tuple[str, ...]]

    def row(self, name: str) -> Field[Any]:
        """The row of that name."""
        return next(row for row in fields(self.table) if row.name == name)

    def given(self, part: BaseModel | None) -> dict[str, Any]:
        """The rows that a policy sets, by name: durations in seconds, rates by the second."""
        rows = {} if part is None else {name: _at(part, loc) for name, loc in self.keys.items()}
        return {name: _plain(value) for name, value in rows.items() if value is not None}

    def out_of_range(self, part: BaseModel) -> Iterator[tuple[tuple[str, ...], str, str]]:
        """Rows outside their range: where, what is wrong, and what would be right."""
        for name, value in self.given(part).items():
            row, loc = self.row(name), self.keys[name]
            least, most = row.metadata["least"], row.metadata["most"]
            if not least <= value <= most:
                fix = f"Give {spoken(row, least)} to {spoken(row, most)}."
                yield loc, f"{loc[-1]} is out of range", fix

    def shown(self, bounds: GateBounds | QueueRule) -> dict[str, Any]:
        """The rows as a policy would set them; one that bounds nothing is left out."""
        found: dict[str, Any] = {}
        for name, (first, *rest) in self.keys.items():
            value = getattr(bounds, name)
            if value is not None and rest:
                found.setdefault(first, {})[rest[0]] = spoken(self.row(name), value)
            elif value is not None:
                found[first] = spoken(self.row(name), value)
        return found


GATES: Final = Rows(
    GateBounds,
    {
        "retry_tokens": ("retry_budget", "tokens"),
        "retry_per_failure": ("retry_budget", "per_failure"),
        "retry_per_throttle": ("retry_budget", "per_throttle"),
        "retry_per_success": ("retry_budget", "per_success"),
        "retry_refill_per_s": ("retry_budget", "refill_per_s"),
        "breaker_attempts": ("breaker", "attempts"),
        "breaker_failed_percent": ("breaker", "failed_percent"),
        "breaker_window_s": ("breaker", "window"),
        "breaker_open_s": ("breaker", "open"),
        "concurrency": ("concurrency",),
        "pacer": ("pacer",),
        "hold_s": ("longest_hold",),
        "gone_s": ("gone",),
        "near_quota_percent": ("near_quota_percent",),
    },
)
"""Below `gates`."""

QUEUES: Final = Rows(
    QueueRule,
    {
        "max_failures": ("max_failures",),
        "backoff_base_s": ("backoff", "base"),
        "backoff_cap_s": ("backoff", "cap"),
        "lease_s": ("lease",),
        "concurrency": ("concurrency",),
        "rate_per_s": ("rate",),
        "body_bytes": ("body_bytes",),
        "keep_succeeded_s": ("keep", "succeeded"),
        "keep_cancelled_s": ("keep", "cancelled"),
        "keep_dead_s": ("keep", "dead"),
        "tell_queued": ("tell_above", "queued"),
        "tell_oldest_s": ("tell_above", "oldest"),
        "tell_dead": ("tell_above", "dead"),
    },
)
"""Below `queues.NAME`."""


def spoken(row: Field[Any], value: Any) -> Any:
    """A row's value as it is written in a policy."""
    match row.metadata["unit"]:
        case "seconds":
            return duration_of(value)
        case "rate":
            return "any" if value is None else rate_of(value)
        case _:
            return value


def _plain(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    return per_second(value) if "/" in value else seconds(value)


def _at(part: BaseModel, loc: tuple[str, ...]) -> Any:
    value: Any = part
    for key in loc:
        value = None if value is None else getattr(value, key)
    return value
