"""The server's own time, in every spelling found in the wild.

Order of trust: `Retry-After` or its milliseconds twin, then a delay stated in the body, then
rate-limit fields, of which only a window with nothing remaining counts. Anything malformed is
ignored. Nothing is capped: what to do with an absurd wait is the caller's question (I3).
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final

from battle_healer.pointers import walk

_MOST_FIELD: Final = 1_024
_MOST_TEXT: Final = 128
_MOST_PROSE: Final = 2_000
_NUMBER: Final = re.compile(r"[+-]?\d{1,64}(?:\.\d{1,18})?")
_DURATION: Final = re.compile(r"(?:\d{1,9}(?:\.\d{1,9})?(?:ms|us|µs|ns|h|m|s))+")
_DURATION_PART: Final = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)(ms|us|µs|ns|h|m|s)")
_UNIT_S: Final = {
    "ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0,
}  # fmt: skip
# Above these a number of a reset is a point in time, not a distance: 2001 in s, 1973 in ms.
_EPOCH_S: Final = 1e9
_EPOCH_MS: Final = 1e11

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
    now = _server_time(fields) or wall
    for found in (_retry_after_ms(fields), _retry_after(fields, now), _in_body(body)):
        if found is not None:
            return found
    return _spent_windows(fields, now)


def retry_after(text: str, now: datetime) -> float | None:
    """Seconds that a `Retry-After` value asks for: delta-seconds or an HTTP-date after `now`."""
    if len(text) > _MOST_TEXT:
        return None
    number = _number(text)
    return number if number is not None else _until(text, now)


def duration_s(text: str) -> float | None:
    """Seconds in a duration such as `1m30s`, `8.64s` or `250ms`; None where it is none."""
    if len(text) > _MOST_TEXT or not _DURATION.fullmatch(text):
        return None
    return sum(float(n) * _UNIT_S[unit] for n, unit in _DURATION_PART.findall(text))


def _server_time(fields: list[tuple[str, str]]) -> datetime | None:
    return next((_date(value) for name, value in fields if name == "date"), None)


def _retry_after_ms(fields: list[tuple[str, str]]) -> float | None:
    found = [_number(value) for name, value in fields if name in _MS_HEADERS]
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
        number = _number(value)
        if number is None:
            return duration_s(value)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        number = _finite(value)
    else:
        return None
    return number / 1000 if number is not None and name in _BODY_MS else number


def _in_prose(text: str) -> float | None:
    found = _PROSE.search(text[:_MOST_PROSE])
    if found is None:
        return None
    return sum(float(number) * _scale_s(unit.lower()) for number, unit in _AMOUNT.findall(found[1]))


def _scale_s(unit: str) -> float:
    if unit == "ms" or unit.startswith("milli"):
        return 1e-3
    return {"s": 1.0, "m": 60.0, "h": 3600.0}[unit[0]]


def _spent_windows(fields: list[tuple[str, str]], now: datetime) -> float | None:
    """The longest wait among windows with nothing remaining: all of them must open."""
    waits = [*_structured(fields), *_families(fields, now)]
    return max(waits, default=None)


def _structured(fields: list[tuple[str, str]]) -> Iterator[float]:
    """`RateLimit: "burst";r=0;t=21, "day";r=9;t=400`, and `limit=100, remaining=0, reset=33`."""
    for name, value in fields:
        if name not in ("ratelimit", "x-ratelimit"):
            continue
        if "remaining=" in value.lower():
            yield from _window(_parameters(value.lower().replace(",", ";")), "remaining", "reset")
        else:
            for item in value.lower().split(",")[:16]:
                yield from _window(_parameters(item), "r", "t")


def _parameters(item: str) -> dict[str, str]:
    pairs = (part.split("=", 1) for part in item.split(";") if "=" in part)
    return {name.strip(): value.strip() for name, value in pairs}


def _window(parameters: dict[str, str], left: str, opens: str) -> Iterator[float]:
    remaining, seconds = _number(parameters.get(left, "")), _number(parameters.get(opens, ""))
    if remaining == 0 and seconds is not None:
        yield seconds


def _families(fields: list[tuple[str, str]], now: datetime) -> Iterator[float]:
    """Older fields, paired by what their names share: `x-ratelimit-reset-tokens` and the like."""
    remaining: dict[str, float] = {}
    resets: dict[str, float] = {}
    for name, value in fields:
        flat = name.replace("rate-limit", "ratelimit")
        if "ratelimit-" not in flat:
            continue
        if "remaining" in flat:
            number = _number(value.split(",")[0])
            if number is not None:
                remaining[flat.replace("remaining", "")] = number
        elif "reset-after" in flat or "reset" in flat:
            # Of two spellings of one reset the distance is kept: it needs no clock.
            seconds = _reset(value.split(";")[0], now)
            window = flat.replace("reset-after", "").replace("reset", "")
            if seconds is not None and ("reset-after" in flat or window not in resets):
                resets[window] = seconds
    yield from (
        resets[window] for window, left in remaining.items() if left == 0 and window in resets
    )


def _reset(text: str, now: datetime) -> float | None:
    """A reset as a distance, a point in time in s or ms, a duration, or a date."""
    number = _number(text)
    if number is None:
        spelled = duration_s(text)
        return spelled if spelled is not None else _until(text, now)
    if number >= _EPOCH_MS:
        return max(0.0, number / 1000 - now.timestamp())
    if number >= _EPOCH_S:
        return max(0.0, number - now.timestamp())
    return number


def _number(text: str) -> float | None:
    """A plain decimal number, 0.0 where it is negative."""
    text = text.strip()
    return _finite(float(text)) if text.isascii() and _NUMBER.fullmatch(text) else None


def _finite(value: float) -> float | None:
    try:
        number = float(value)
    except OverflowError:
        return None
    return max(0.0, number) if math.isfinite(number) else None


def _until(text: str, now: datetime) -> float | None:
    at = _date(text)
    return None if at is None else max(0.0, (at - now).total_seconds())


def _date(text: str) -> datetime | None:
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
