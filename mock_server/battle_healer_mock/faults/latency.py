"""Latency: the reply comes late, whatever it is.

What it does: delays the reply by a fixed, uniform or log-normal time. What the request does is
decided when it arrives; only the reply waits, on the server's clock.
Why it matters: a client that gives up on a slow write does not know whether it happened.
Example: latency=lognormal:90ms:0.4
Cure: patience within the deadline.
Source: log-normal delays as in WireMock; median and sigma are the two numbers.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from statistics import NormalDist

from battle_healer_mock.argument import Argument, duration_s
from battle_healer_mock.fault import Fault, Shot, Stage

LONGEST_S = 3600.0


@dataclass(frozen=True, slots=True)
class Distribution:
    """A delay in seconds as a function of a number in [0, 1)."""

    at: Callable[[float], float]


def read(text: str) -> Distribution:
    """`100ms`, `uniform:LOW:HIGH` or `lognormal:MEDIAN:SIGMA`."""
    shape, *parts = text.split(":")
    if not parts:
        fixed = duration_s(shape)
        return Distribution(lambda u: fixed)
    if shape == "uniform" and len(parts) == 2:  # noqa: PLR2004 - low and high
        low, high = duration_s(parts[0]), duration_s(parts[1])
        if low > high:
            raise ValueError(f"{text!r} has its low end above its high end")
        return Distribution(lambda u: low + u * (high - low))
    if shape == "lognormal" and len(parts) == 2:  # noqa: PLR2004 - median and sigma
        return _lognormal(duration_s(parts[0]), parts[1])
    raise ValueError(f"{text!r} is no delay")


def _lognormal(median_s: float, sigma_text: str) -> Distribution:
    try:
        sigma = float(sigma_text)
    except ValueError:
        raise ValueError(f"{sigma_text!r} is no sigma such as 0.4") from None
    if not 0 < sigma <= 3:  # noqa: PLR2004 - above 3 the mean is 90 times the median
        raise ValueError(f"sigma {sigma_text!r} is outside 0 to 3")
    normal = NormalDist(0, sigma)
    return Distribution(lambda u: median_s * math.exp(normal.inv_cdf(min(max(u, 1e-9), 1 - 1e-9))))


def delay_s(shot: Shot) -> float:
    """The delay of this attempt in seconds."""
    if not isinstance(shot.argument, Distribution):
        return 0.0
    return min(shot.argument.at(shot.draw("ms")), LONGEST_S)


ROW = Fault(
    name="latency",
    stage=Stage.ANY,
    binding="draw",
    symptom="the reply comes late",
    cure="patience within the deadline",
    heals="patience",
    told="yes",
    effect="as the reply",
    argument=Argument(
        ("100ms", "1.5s", "uniform:50ms:150ms", "lognormal:90ms:0.4"),
        "100ms", "s", "a delay", read,
    ),
    delay_s=delay_s,
)  # fmt: skip
