"""The part `gates:` of a policy: the same rows as the table in `rules`, in words for people.

Light to import: the page of defaults and the policy in force are shown without pydantic.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from typing import TYPE_CHECKING, Any, Final

from battle_healer.policy.durations import duration_of, seconds
from battle_healer.rules import GateBounds

if TYPE_CHECKING:
    from battle_healer.policy.shape import GatesPart

KEYS: Final[dict[str, tuple[str, ...]]] = {
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
}
"""Where a policy sets each row, below `gates`."""

_ROWS: Final = {row.name: row for row in fields(GateBounds)}


def given(part: GatesPart | None) -> dict[str, Any]:
    """The rows that a policy sets, by name, durations in seconds."""
    rows = {} if part is None else {name: _at(part, loc) for name, loc in KEYS.items()}
    return {
        name: seconds(value) if isinstance(value, str) else value
        for name, value in rows.items()
        if value is not None
    }


def out_of_range(part: GatesPart) -> Iterator[tuple[tuple[str, ...], str, str]]:
    """Rows outside their range: where, what is wrong, and what would be right."""
    for name, value in given(part).items():
        row, loc = _ROWS[name].metadata, KEYS[name]
        if not row["least"] <= value <= row["most"]:
            fix = f"Give {spoken(name, row['least'])} to {spoken(name, row['most'])}."
            yield loc, f"{loc[-1]} is out of range", fix


def shown(bounds: GateBounds) -> dict[str, Any]:
    """The rows as a policy would set them."""
    found: dict[str, Any] = {}
    for name, (first, *rest) in KEYS.items():
        value = spoken(name, getattr(bounds, name))
        if rest:
            found.setdefault(first, {})[rest[0]] = value
        else:
            found[first] = value
    return found


def spoken(name: str, value: Any) -> Any:
    """A row's value as it is written in a policy."""
    return duration_of(value) if name.endswith("_s") and "per_s" not in name else value


def _at(part: GatesPart, loc: tuple[str, ...]) -> Any:
    value: Any = part
    for key in loc:
        value = None if value is None else getattr(value, key)
    return value
