"""What is left of a server's limits, by the rate-limit fields of an answer, in every spelling.

Malformed fields are ignored; nothing is capped.
Source: draft-ietf-httpapi-ratelimit-headers, of which each version spells them differently; the
older families `X-RateLimit-*` of GitHub, OpenAI, Anthropic, Kong and others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from battle_healer.times import number, reset_s, server_time

_MOST_FIELD: Final = 1_024
_MOST_WINDOWS: Final = 16
_LENGTHS_S: Final = (
    ("month", 30 * 86_400.0), ("week", 7 * 86_400.0), ("day", 86_400.0), ("daily", 86_400.0),
    ("hour", 3_600.0), ("minute", 60.0), ("second", 1.0),
)  # fmt: skip

THROTTLE_S: Final = 3_600.0
"""The longest wait, and the longest window, of a throttle; what is longer is a quota."""


@dataclass(frozen=True, slots=True)
class Window:
    """What a server says is left of one of its limits.

    remaining, limit: in whatever it counts. resets_s: seconds until all is there again. length_s:
    of the whole window. None where it does not say.
    """

    name: str
    remaining: float
    limit: float | None = None
    resets_s: float | None = None
    length_s: float | None = None

    @property
    def is_quota(self) -> bool:
        """Whether it is longer than a throttle's; by its reset, where its length is not told."""
        length_s = self.resets_s if self.length_s is None else self.length_s
        return (length_s or 0.0) > THROTTLE_S


@dataclass(frozen=True, slots=True)
class _Policy:
    """What a window is of: how much, and how long."""

    limit: float | None = None
    length_s: float | None = None


def windows(headers: Iterable[tuple[str, str]], wall: datetime) -> tuple[Window, ...]:
    """What the rate-limit fields of an answer say is left, in every spelling; () without any.

    headers, wall: as for `wait_s`. Never raises.
    """
    shown = [(name, value) for name, value in headers if "limit" in name.lower()]
    if not shown:
        return ()
    dates = ((name, value) for name, value in headers if name.lower() == "date")
    fields = [
        (name.lower(), value.strip())
        for name, value in (*shown, *dates)
        if len(value) <= _MOST_FIELD
    ]
    # A date is slow to read, and a distance needs none.
    return tuple(in_fields(fields, lambda: server_time(fields) or wall))


def in_fields(fields: list[tuple[str, str]], now: Callable[[], datetime]) -> Iterator[Window]:
    """The same of fields with lower-case names, `now` by the server's clock."""
    policies = _policies(fields)
    for window in (*_structured(fields), *_families(fields, now)):
        yield _under(policies, window) if policies else window


def _under(policies: dict[str, _Policy], window: Window) -> Window:
    """A window with what its policy says; one without a name is under the only policy there is."""
    only = next(iter(policies.values())) if len(policies) == 1 and not window.name else _Policy()
    policy = policies.get(window.name, only)
    return replace(
        window,
        limit=window.limit if policy.limit is None else policy.limit,
        length_s=policy.length_s or window.length_s,
    )


def _policies(fields: list[tuple[str, str]]) -> dict[str, _Policy]:
    """`RateLimit-Policy: "day";q=1000;w=86400`, or `1000;w=86400` in older drafts, by name."""
    items = (
        item
        for name, value in fields
        if name == "ratelimit-policy"
        for item in value.lower().split(",")[:_MOST_WINDOWS]
    )
    return {_name(item): _policy(_name(item), _parameters(item)) for item in items}


def _policy(name: str, parameters: dict[str, str]) -> _Policy:
    return _Policy(number(parameters.get("q", name)), number(parameters.get("w", "")))


def _structured(fields: list[tuple[str, str]]) -> Iterator[Window]:
    """`RateLimit: "burst";r=0;t=21, "day";r=9;t=400`, and `limit=100, remaining=0, reset=33`."""
    for name, value in fields:
        if name not in ("ratelimit", "x-ratelimit"):
            continue
        if "remaining=" in value.lower():
            parameters = _parameters(value.lower().replace(",", ";"))
            yield from _window("", parameters, ("remaining", "reset", "limit"))
        else:
            for item in value.lower().split(",")[:_MOST_WINDOWS]:
                yield from _window(_name(item), _parameters(item), ("r", "t", "q"))


def _name(item: str) -> str:
    return item.split(";", 1)[0].strip().strip('"')


def _parameters(item: str) -> dict[str, str]:
    pairs = (part.split("=", 1) for part in item.split(";") if "=" in part)
    return {name.strip(): value.strip() for name, value in pairs}


def _window(name: str, parameters: dict[str, str], keys: tuple[str, str, str]) -> Iterator[Window]:
    remaining, resets_s, limit = (number(parameters.get(key, "")) for key in keys)
    if remaining is not None:
        yield Window(name, remaining, limit, resets_s, _length_s(name))


def _families(fields: list[tuple[str, str]], now: Callable[[], datetime]) -> Iterator[Window]:
    """Older fields, paired by what their names share: `x-ratelimit-reset-tokens` and the like."""
    remaining: dict[tuple[str, str], float] = {}
    limits: dict[tuple[str, str], float] = {}
    resets: dict[tuple[str, str], float] = {}
    for name, value in fields:
        family, found, rest = name.replace("rate-limit", "ratelimit").partition("ratelimit-")
        if not found:
            continue
        if "remaining" in rest:
            _keep(remaining, (family, _without(rest, "remaining")), value)
        elif "reset" in rest:
            # Of two spellings of one reset the distance is kept: it needs no clock.
            seconds = reset_s(value.split(";")[0], now)
            window = family, _without(_without(rest, "reset-after"), "reset")
            if seconds is not None and ("reset-after" in rest or window not in resets):
                resets[window] = seconds
        elif "limit" in rest:
            _keep(limits, (family, _without(rest, "limit")), value)
    for window, left in remaining.items():
        name = window[1]
        yield Window(name, left, limits.get(window), resets.get(window), _length_s(name))


def _without(name: str, word: str) -> str:
    return name.replace(word, "").strip("-")


def _keep(table: dict[tuple[str, str], float], window: tuple[str, str], value: str) -> None:
    count = number(value.split(",", maxsplit=1)[0].split(";", maxsplit=1)[0])
    if count is not None:
        table[window] = count


def _length_s(name: str) -> float | None:
    """How long a window is by its name, such as `remaining-day`."""
    if not name:
        return None
    return next((seconds for word, seconds in _LENGTHS_S if word in name), None)
