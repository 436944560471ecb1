"""Ambiguous error: a bare 500 although the write took effect.

What it does: the service accepts the request, records the effect, and then fails to say so.
Why it matters: sending an unkeyed write again doubles it. This is the fault that tells a
careful client from a hopeful one.
Example: ambiguous_500
Cure: the same request with the same idempotency key; without a key, stop and say so.
Source: RFC 9110, section 9.2.2; draft-ietf-httpapi-idempotency-key-header-07.
"""

from __future__ import annotations

from battle_healer_mock.answer import Failure
from battle_healer_mock.fault import Fault, Shot, Stage


def answer(shot: Shot) -> Failure:
    """An error that says nothing about what was processed."""
    return Failure(
        500, "internal-error", "Internal server error", "Something went wrong.", told="maybe"
    )


ROW = Fault(
    name="ambiguous_500",
    stage=Stage.AFTER_EFFECT,
    binding="call",
    symptom="a bare 500, after the write took effect",
    cure="the same key again; without a key, stop",
    heals="key",
    told="maybe",
    effect="once",
    status=500,
    answer=answer,
)
