"""Durations as a policy writes them, and the seconds that the loop counts in."""

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
