"""Drip: the reply comes byte by byte, whatever it is.

What it does: sends the headers at once and the body one byte at a time, with a pause before
each, on the server's clock. What the request does is decided when it arrives. A fault that
breaks the connection is as fast as ever.
Why it matters: most time-outs measure the gap between two bytes, so a slow drip never ends.
Example: drip=20ms
Cure: patience within the deadline.
Source: httpbin's `/drip`; WireMock's dribble delay.
"""

from __future__ import annotations

from battle_healer_mock.argument import Argument, duration_s
from battle_healer_mock.fault import Fault, Shot, Stage


def gap_s(shot: Shot) -> float:
    """The pause before each byte in seconds."""
    return shot.argument if isinstance(shot.argument, float) else 0.0


ROW = Fault(
    name="drip",
    stage=Stage.ANY,
    binding="draw",
    symptom="the body comes byte by byte",
    cure="patience within the deadline",
    heals="patience",
    told="yes",
    effect="as the reply",
    argument=Argument(
        ("10ms", "0.3s"), "10ms", "s", "the pause before each byte", duration_s,
    ),
    gap_s=gap_s,
)  # fmt: skip
