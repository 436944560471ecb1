"""Names for calls, episodes and correlation: a prefix and a UUID of version 7."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from typing import Final

from battle_healer.errors import UsageError
from battle_healer.text import valid_correlation_id

_correlation: Final[ContextVar[str | None]] = ContextVar("battle_healer_correlation", default=None)

_RANDOM_BITS: Final = 74  # 12 bits of rand_a and 62 of rand_b


@contextmanager
def correlation(name: str) -> Iterator[str]:
    """Give every call made inside, in this thread or task, the correlation id `name`.

    A valid `X-Correlation-ID` of a request of its own still wins. Raises UsageError for a name
    that is not 1 to 128 characters of `[A-Za-z0-9._-]`.
    """
    if not valid_correlation_id(name):
        raise UsageError(
            "this is no correlation id", "correlation()", "Use 1 to 128 of A-Z a-z 0-9 . _ -"
        )
    token = _correlation.set(name)
    try:
        yield name
    finally:
        _correlation.reset(token)


correlation_here: Final = _correlation.get
"""Gives the correlation id of the surrounding `correlation()`, None where there is none."""


def uuid7(wall: datetime, bits: int) -> str:
    """Return a UUID of version 7 in its text form: sorts by time, to the millisecond.

    bits: 74 random bits. Source: RFC 9562, section 5.7.
    """
    ms = int(wall.timestamp() * 1000) & 0xFFFF_FFFF_FFFF
    high = ms << 16 | 0x7000 | bits >> 62 & 0xFFF
    low = bits & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000
    text = f"{high << 64 | low:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


class Ids:
    """Makes ids such as `call-018f…`.

    wall: aware UTC time of day. bits: gives that many random bits; a seeded one makes the same
    ids in every run.
    """

    def __init__(self, wall: Callable[[], datetime], bits: Callable[[int], int]) -> None:
        self._wall, self._bits = wall, bits

    def new_id(self, prefix: str) -> str:
        """Return the next id: `call`, `corr`, `ep` or whatever it is for, `-`, and a uuid7."""
        return f"{prefix}-{uuid7(self._wall(), self._bits(_RANDOM_BITS))}"
