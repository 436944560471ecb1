"""Times as people type and read them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Final

from battle_healer_cli.complaints import UsageError

_AGE: Final = re.compile(r"([0-9]{1,6})([smhd])")
_UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def moment(text: str, now: datetime) -> datetime:
    """When `30m`, `2d` or `2026-03-01T12:00` was; a time without zone is local. Aware.

    Raises UsageError.
    """
    age = _AGE.fullmatch(text)
    try:
        if age:
            return now - timedelta(**{_UNITS[age[2]]: int(age[1])})
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        what = f"{text[:80]!a} is no time"
        fix = "Write an age as 30m, 24h or 2d, or a time as 2026-03-01T12:00."
        raise UsageError(what, "--since", fix) from error


def stamp(when: datetime) -> str:
    """`2026-03-01T12:00:00.000Z`."""
    return when.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
