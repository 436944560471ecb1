"""Values spelled otherwise, with nothing added: casts, allowed values, dates, bounds.

Each function gives the new value, or ABSENT where what is meant is not certain.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any, Final

from battle_healer.json_text import Spelled, loads, number_text
from battle_healer.naming import is_one_letter_apart, plain
from battle_healer.pointers import ABSENT
from battle_healer.shapes import type_of

_DATE: Final = re.compile(r"(\d{4})[/.](\d\d)[/.](\d\d)")
_DATE_TIME: Final = re.compile(
    r"(\d{4}-\d\d-\d\d)[ tT](\d\d:\d\d:\d\d(?:\.\d{1,9})?) ?([zZ]|[+-]\d\d:?\d\d)"
)
_AT_MOST: Final = re.compile(
    r"(?:less than or equal to|at most|maximum(?: is| of|:)?|no more than|<=) ?(-?\d{1,15})"
)
_AT_LEAST: Final = re.compile(
    r"(?:greater than or equal to|at least|minimum(?: is| of|:)?|no less than|>=) ?(-?\d{1,15})"
)
_DECIMAL: Final = re.compile(r"-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]{1,3})?")
_NUMBERS: Final = re.compile(r"-?[0-9]+(?:[.,eE]+[0-9]+)*")
_BETWEEN: Final = re.compile(r"between (-?\d{1,15})(?:\.0+)? and (-?\d{1,15})(?:\.0+)?\b")


def cast(value: Any, wanted: str) -> Any:
    """The same value as another JSON type: text and numbers as JSON spells them, lists of one."""
    have = type_of(value)
    if _is(value, wanted):
        return ABSENT
    if wanted == "array":
        return [value] if have not in ("null", "object") else ABSENT
    if have == "array":
        return value[0] if len(value) == 1 and _is(value[0], wanted) else ABSENT
    if have == "string":
        return _spelled(value, wanted) if wanted in ("integer", "number", "boolean") else ABSENT
    if wanted == "string" and have in ("integer", "number"):
        return number_text(value)
    return ABSENT


def _is(value: Any, wanted: str) -> bool:
    have = type_of(value)
    return have == wanted or (wanted == "number" and have == "integer")


def _spelled(text: str, wanted: str) -> Any:
    """What a text spells, exactly as JSON would: no blanks, units, grouping or decimal commas."""
    if text != text.strip():
        return ABSENT
    try:
        value = loads(text)
    except ValueError:
        return ABSENT
    return value if _is(value, wanted) else ABSENT


def nearest(value: Any, options: tuple[Any, ...]) -> Any:
    """The one option that the value is, but for case, separators, blanks or a single letter."""
    if value in options or not isinstance(value, str):
        return ABSENT
    texts = [option for option in options if isinstance(option, str)]
    for alike in (
        [o for o in texts if o.casefold() == value.strip().casefold()],
        [o for o in texts if plain(o) == plain(value)],
        [o for o in texts if is_one_letter_apart(o, value)],
    ):
        if alike:
            return alike[0] if len(alike) == 1 else ABSENT
    return ABSENT


def date(value: Any) -> Any:
    """A date whose year stands first, or an instant with its zone, in the form of RFC 3339."""
    if not isinstance(value, str):
        return ABSENT
    day = _DATE.fullmatch(value)
    if day:
        return "-".join(day.groups())
    instant = _DATE_TIME.fullmatch(value)
    if instant is None:
        return ABSENT
    zone = instant[3].upper()
    zone = f"{zone[:3]}:{zone[-2:]}" if zone != "Z" else zone
    mended = f"{instant[1]}T{instant[2]}{zone}"
    return mended if mended != value else ABSENT


def clamped(value: Any, least: Any, most: Any, text: str) -> Any:
    """The bound that a number exceeds, as the contract or the error states it."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return ABSENT
    stated_least, stated_most = _bounds(text)
    least = stated_least if least is None else least
    most = stated_most if most is None else most
    if most is not None and value > most:
        return most
    return least if least is not None and value < least else ABSENT


def _bounds(text: str) -> tuple[int | None, int | None]:
    both = _BETWEEN.search(text)
    if both:
        return int(both[1]), int(both[2])
    least, most = _AT_LEAST.search(text), _AT_MOST.search(text)
    return (int(least[1]) if least else None), (int(most[1]) if most else None)


def respelled(value: Any, stated: Any) -> Any:
    """What the error states, if it says again all that the caller said; nothing is invented."""
    if stated == value and type_of(stated) == type_of(value):
        return ABSENT
    keeps = _says_again(_text(value), _text(stated))
    if isinstance(stated, float):
        stated = Spelled(number_text(stated))
    return stated if keeps else ABSENT


def _says_again(said: str, meant: str) -> bool:
    """Whether a text holds all that another says; a number must be the only one in it."""
    if not _DECIMAL.fullmatch(said):
        return bool(plain(said)) and plain(said) in plain(meant)
    numbers = _NUMBERS.findall(meant)
    return len(numbers) == 1 and _is_number(numbers[0], Decimal(said))


def _is_number(text: str, number: Decimal) -> bool:
    return _DECIMAL.fullmatch(text) is not None and Decimal(text) == number


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return number_text(value) if is_number else str(value).lower()
