"""The server's own time, in every spelling found in the wild.

Order of trust: `Retry-After` or its milliseconds twin, then a delay stated in the body, then
rate-limit fields, of which only a window with nothing remaining counts. Anything malformed is
ignored. Nothing is capped: what to do with an absurd wait is the caller's question (I3).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

from battle_healer.pointers import walk
from battle_healer.times import duration_s, finite, number, server_time, until
from battle_healer.windows import in_fields

_MOST_FIELD: Final = 1_024
_MOST_TEXT: Final = 128
_MOST_PROSE: Final = 2_000

_MS_HEADERS: Final = ("retry-after-ms", "x-ms-retry-after-ms", "x-retry-after-ms")
_S_HEADERS: Final = ("retry-after", "x-retry-after")

# Members of a body by their letters alone; the value tells the unit.
_BODY_S: Final = frozenset(
    {"retryafter", "retryafterseconds", "retryafters", "retryafterinseconds", "retrydelay",
     "retryinseconds", "waitseconds", "retryin"}
)  # fmt: skip
_BODY_MS: Final = frozenset({"retryafterms", "retryaftermillis", "retryaftermilliseconds"})

_AMOUNT: Final = re.compile(
    r"(\d{1,9}(?:\.\d{1,6})?)['\"]?\s?"
    r"(ms|milliseconds?|seconds?|secs?|s|minutes?|mins?|m|hours?|hrs?|h)(?![a-z])",
    re.IGNORECASE,
)
_PROSE: Final = re.compile(
    rf"\b(?:retry|again|available|wait)\b[^\d\n.]{{0,32}}?((?:{_AMOUNT.pattern}\s?){{1,3}})",
    re.IGNORECASE,
)
_LETTERS: Final = re.compile(r"[^a-z]")


def wait_s(headers: Iterable[tuple[str, str]], body: Any, wall: datetime) -> float | None:
    """Seconds from now until the server wants the next attempt; None where it names no time.

    headers: as received, any case; hostile. body: the JSON value, or text, of the reply.
    wall: our own aware clock, used only where the reply has no usable `Date`: a time that the
    server writes is measured on the server's clock, else skew would shorten waits.
    Returns 0.0 or more, not capped. Never raises.
    Source: RFC 9110, section 10.2.3; draft-ietf-httpapi-ratelimit-headers.
    """
    fields = [(name.lower(), value.strip()) for name, value in headers if len(value) <= _MOST_FIELD]
    now = server_time(fields) or wall
    for found in (_retry_after_ms(fields), _retry_after(fields, now), _in_body(body)):
        if found is not None:
            return found
    return _spent_windows(fields, now)


def retry_after(text: str, now: datetime) -> float | None:
    """Seconds that a `Retry-After` value asks for: delta-seconds or an HTTP-date after `now`."""
    if len(text) > _MOST_TEXT:
        return None
    seconds = number(text)
    return until(text, now) if seconds is None else seconds


def _retry_after_ms(fields: list[tuple[str, str]]) -> float | None:
    found = [number(value) for name, value in fields if name in _MS_HEADERS]
    return max((ms / 1000 for ms in found if ms is not None), default=None)


def _retry_after(fields: list[tuple[str, str]], now: datetime) -> float | None:
    found = [retry_after(value, now) for name, value in fields if name in _S_HEADERS]
    return max((n for n in found if n is not None), default=None)


def _in_body(body: Any) -> float | None:
    """A delay that a member states, else one that a sentence states."""
    if isinstance(body, str):
        return _in_prose(body)
    sentences = []
    for tokens, value in walk(body, depth=6, most=500):
        found = _member(_LETTERS.sub("", tokens[-1].lower()), value)
        if found is not None:
            return found
        if isinstance(value, str):
            sentences.append(value)
    return next((s for text in sentences[:32] if (s := _in_prose(text)) is not None), None)


def _member(name: str, value: Any) -> float | None:
    if name not in _BODY_S and name not in _BODY_MS:
        return None
    if isinstance(value, str):
        amount = number(value)
        if amount is None:
            return duration_s(value)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        amount = finite(value)
    else:
        return None
    return amount / 1000 if amount is not None and name in _BODY_MS else amount


def _in_prose(text: str) -> float | None:
    found = _PROSE.search(text[:_MOST_PROSE])
    if found is None:
        return None
    return sum(float(count) * _scale_s(unit.lower()) for count, unit in _AMOUNT.findall(found[1]))


def _scale_s(unit: str) -> float:
    if unit == "ms" or unit.startswith("milli"):
        return 1e-3
    return {"s": 1.0, "m": 60.0, "h": 3600.0}[unit[0]]


def _spent_windows(fields: list[tuple[str, str]], now: datetime) -> float | None:
    """The longest wait among windows with nothing remaining: all of them must open."""
    spent = (window for window in in_fields(fields, lambda: now) if window.remaining == 0)
    return max((w.resets_s for w in spent if w.resets_s is not None), default=None)
