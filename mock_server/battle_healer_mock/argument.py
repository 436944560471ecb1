"""What may stand behind a fault's `=`: rows that read, explain and document the value."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

_DURATION: Final = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h)?")
_UNIT_S: Final = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_LONGEST_S: Final = 86_400.0


@dataclass(frozen=True, slots=True)
class Argument:
    """The value of a fault. `read` raises ValueError with the reason when it does not fit.

    forms: what may be written: words, or patterns such as `uniform:LOW:HIGH`.
    default: the form meant when nothing is written, None where a value must be given.
    unit: of a bare number, empty where there is none.
    """

    forms: tuple[str, ...]
    default: str | None
    unit: str
    help: str
    read: Callable[[str], object]


def duration_s(text: str) -> float:
    """Seconds in `100ms`, `1.5s`, `2m`, `1h` or a bare number of seconds; at most a day."""
    match = _DURATION.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is no duration such as 100ms, 1.5s, 2m or 1h")
    seconds = float(match[1]) * _UNIT_S[match[2] or "s"]
    if seconds > _LONGEST_S:
        raise ValueError(f"{text!r} is longer than a day")
    return seconds


def _before_or_after(text: str) -> str:
    if text not in ("before", "after"):
        raise ValueError(f"{text!r} is none of before, after")
    return text


# The argument of faults that strike either before the server looked or after the effect: the
# word decides the stage (`Fault.stage_for`).
WHEN: Final = Argument(
    ("before", "after"), "before", "", "whether it strikes before or after the effect",
    _before_or_after,
)  # fmt: skip


def choice(*words: str, help: str) -> Argument:
    """One of `words`; the first is the default."""

    def read(text: str) -> str:
        if text not in words:
            raise ValueError(f"{text!r} is none of {', '.join(words)}")
        return text

    return Argument(words, words[0], "", help, read)


def probability(default: str, help: str) -> Argument:
    """A number from 0 to 1, or a percentage."""

    def read(text: str) -> float:
        try:
            value = float(text[:-1]) / 100 if text.endswith("%") else float(text)
        except ValueError:
            raise ValueError(f"{text!r} is no probability such as 0.3 or 30%") from None
        if not 0 <= value <= 1:
            raise ValueError(f"{text!r} is outside 0 to 1")
        return value

    return Argument(("0.3", "30%"), default, "", help, read)
