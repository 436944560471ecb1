"""Values whose unit stands in their name or beside them, in the unit that is expected."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from battle_healer.json_text import Spelled, number_text
from battle_healer.naming import EPOCHS, UNITS, words
from battle_healer.pointers import ABSENT

_WITH_UNIT: Final = re.compile(r"(-?\d{1,15}(?:\.\d{1,9})?) ?([A-Za-z]{1,12})")
# No quantity has more, and decimal arithmetic rounds what has.
_MOST_DIGITS: Final = 25
# Ten digits are seconds from 2001 to 2286, thirteen are milliseconds.
_SECONDS: Final = (1_000_000_000, 10_000_000_000)
_MILLISECONDS: Final = (1_000_000_000_000, 10_000_000_000_000)


def unit(name: str) -> tuple[str, str]:
    """A name without its unit, and the unit; "" where it states none."""
    parts = words(name)
    if len(parts) > 1 and parts[-1] in UNITS:
        return "".join(parts[:-1]), parts[-1]
    return "".join(parts), ""


def base(name: str) -> str:
    """A name without unit and without words that say that it is an epoch."""
    parts = [p for p in words(name) if p not in EPOCHS]
    if len(parts) < len(words(name)) and parts and parts[-1] in UNITS:
        parts = parts[:-1]
    return "".join(parts)


def converted(value: Any, have: str, want: str) -> Any:
    """A number in another unit of the same dimension; ABSENT where that cannot be said."""
    number = _decimal(value)
    if number is None or have not in UNITS or want not in UNITS:
        return ABSENT
    (from_dimension, factor), (to_dimension, divisor) = UNITS[have], UNITS[want]
    if from_dimension != to_dimension or not factor or not divisor:
        return ABSENT
    return _number(number * Decimal(factor) / Decimal(divisor))


def major(value: Any, have: str, exponent: Any = None) -> Any:
    """An amount of money in its major unit, from cents or from a stated exponent."""
    number = _decimal(value)
    if number is None or UNITS.get(have, ("", ""))[0] != "money":
        return ABSENT
    if have == "cents":
        return _number(number / 100)
    if type(exponent) is int and 0 <= exponent <= 4:  # noqa: PLR2004 -- ISO 4217 has up to four
        return _number(number.scaleb(-exponent))
    return ABSENT


def with_unit(text: Any, want: str) -> Any:
    """The number in `2.5 kg` where `kg` is expected."""
    found = _WITH_UNIT.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        return ABSENT
    if found[2].lower() == want:
        return _number(Decimal(found[1]))
    return converted(Spelled(found[1]), found[2].lower(), want)


def instant(value: Any) -> Any:
    """An epoch as RFC 3339 in UTC; its digits tell seconds from milliseconds."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return ABSENT
    if _MILLISECONDS[0] <= value < _MILLISECONDS[1]:
        value = value / 1000
    elif not _SECONDS[0] <= value < _SECONDS[1]:
        return ABSENT
    at = datetime.fromtimestamp(value, UTC)
    shown = at.isoformat(timespec="milliseconds" if at.microsecond else "seconds")
    return shown.replace("+00:00", "Z")


def epoch(value: Any, description: str) -> Any:
    """An instant as the epoch that a description asks for (`Unix time in seconds`)."""
    said = set(words(description))
    if not isinstance(value, str) or not said & EPOCHS:
        return ABSENT
    try:
        at = datetime.fromisoformat(value)
    except ValueError:
        return ABSENT
    if at.tzinfo is None:
        return ABSENT
    if said & {"ms", "milliseconds", "millis"}:
        return round(at.timestamp() * 1000)
    return int(at.timestamp()) if not at.microsecond and said & {"seconds", "s"} else ABSENT


def _decimal(value: Any) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = Decimal(number_text(value))
    except InvalidOperation:
        return None
    if not number.is_finite() or len(number.as_tuple().digits) > _MOST_DIGITS:
        return None
    return number if abs(number.adjusted()) <= _MOST_DIGITS else None


def _number(value: Decimal) -> Any:
    return int(value) if value == value.to_integral_value() else Spelled(f"{value.normalize():f}")
