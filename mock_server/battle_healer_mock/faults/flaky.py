"""Flaky service: each attempt fails with the given probability.

What it does: draws for each attempt, before the effect, and answers 503 if it loses. The draw
depends on seed, call and attempt, so the same run fails at the same places again.
Why it matters: retries with backoff, and bounds on them, are made for this.
Example: flaky=0.3
Cure: the same request again.
Source: RFC 9110, section 15.6.4.
"""

from __future__ import annotations

from battle_healer_mock.answer import Failure
from battle_healer_mock.argument import probability
from battle_healer_mock.fault import Fault, Shot, Stage


def answer(shot: Shot) -> Failure | None:
    """An error, or None when this attempt has luck."""
    chance = shot.argument if isinstance(shot.argument, float) else 0.0
    if shot.draw("fire") >= chance:
        return None
    return Failure(503, "flaky", "Service unavailable", "The service had a hiccup.")


ROW = Fault(
    name="flaky",
    stage=Stage.BEFORE_EFFECT,
    binding="draw",
    symptom="503 with the given probability",
    cure="the same request again",
    heals="resend",
    told="no",
    status=503,
    argument=probability("0.5", help="a probability"),
    answer=answer,
)
