"""Durations and rates as a policy writes them, and the numbers that the code counts in."""

from __future__ import annotations

from typing import Final

_UNITS_S: Final = {"d": 86_400.0, "h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}


def seconds(duration: str) -> float:
    """Seconds of a `Duration` that was checked."""
    number = duration.rstrip("msdh")
    return int(number) * _UNITS_S[duration[len(number) :]]


def duration_of(value_s: float) -> str:
    """Write seconds as a `Duration`, in the largest unit that keeps them whole."""
    unit = next(u for u, s in _UNITS_S.items() if u == "ms" or (value_s >= s and value_s % s == 0))
    return f"{round(value_s / _UNITS_S[unit])}{unit}"


def per_second(rate: str) -> float:
    """How often a second, of a `Rate` that was checked."""
    number, _, unit = rate.partition("/")
    return int(number) / _UNITS_S[unit]


def rate_of(value_per_s: float) -> str:
    """Write so many a second as a `Rate`, in the smallest unit that keeps them whole."""
    for unit in ("s", "m", "h", "d"):
        number = round(value_per_s * _UNITS_S[unit], 6)
        if number >= 1 and number == int(number):
            return f"{int(number)}/{unit}"
    return f"{max(1, round(value_per_s * _UNITS_S['d']))}/d"
