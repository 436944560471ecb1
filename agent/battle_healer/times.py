"""Numbers and times as servers write them: everything here is hostile text, and nothing raises."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

_MOST_TEXT: Final = 128
_NUMBER: Final = re.compile(r"[+-]?\d{1,64}(?:\.\d{1,18})?")
_DURATION: Final = re.compile(r"(?:\d{1,9}(?:\.\d{1,9})?(?:ms|us|µs|ns|h|m|s))+")
_DURATION_PART: Final = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)(ms|us|µs|ns|h|m|s)")
_UNIT_S: Final = {
    "ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0,
}  # fmt: skip
# Above these a number of a reset is a point in time, not a distance: 2001 in s, 1973 in ms.
_EPOCH_S: Final = 1e9
_EPOCH_MS: Final = 1e11


def number(text: str) -> float | None:
    """A plain decimal number, 0.0 where it is negative."""
    text = text.strip()
    return finite(float(text)) if text.isascii() and _NUMBER.fullmatch(text) else None


def duration_s(text: str) -> float | None:
    """Seconds in a duration such as `1m30s`, `8.64s` or `250ms`; None where it is none."""
    if len(text) > _MOST_TEXT or not _DURATION.fullmatch(text):
        return None
    return sum(float(n) * _UNIT_S[unit] for n, unit in _DURATION_PART.findall(text))


def reset_s(text: str, now: Callable[[], datetime]) -> float | None:
    """A reset as a distance, a point in time in s or ms, a duration, or a date."""
    found = number(text)
    if found is None:
        spelled = duration_s(text)
        return spelled if spelled is not None else until(text, now())
    if found >= _EPOCH_MS:
        return max(0.0, found / 1000 - now().timestamp())
    if found >= _EPOCH_S:
        return max(0.0, found - now().timestamp())
    return found


def finite(value: float) -> float | None:
    """The value, 0.0 where it is negative, None where it is no number that can be counted with."""
    try:
        found = float(value)
    except OverflowError:
        return None
    return max(0.0, found) if math.isfinite(found) else None


def until(text: str, now: datetime) -> float | None:
    """Seconds from `now` until a date, 0.0 where it is over."""
    at = date(text)
    return None if at is None else max(0.0, (at - now).total_seconds())


def date(text: str) -> datetime | None:
    """An HTTP-date in any of its three forms, or RFC 3339; UTC where it names no zone."""
    if len(text) > _MOST_TEXT or ":" not in text:
        return None
    for read in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            at = read(text)
            # The comparison fails for dates at the edge of the calendar.
            return at if at.tzinfo else at.replace(tzinfo=UTC)
        except (ValueError, TypeError, IndexError, OverflowError):
            continue
    return None


def server_time(fields: Iterable[tuple[str, str]]) -> datetime | None:
    """The `Date` among fields with lower-case names, if one is usable."""
    return next((date(value) for name, value in fields if name == "date"), None)
