"""Reset after the effect: the write happened, and the connection died before the reply.

What it does: accepts the request, records the effect, and sends a TCP RST instead of a reply.
Why it matters: the classic doubled payment.
Example: reset_after_effect
Cure: the same request with the same idempotency key; without a key, stop and say so.
Source: RFC 9110, section 9.2.2; draft-ietf-httpapi-idempotency-key-header-07.
"""

from __future__ import annotations

from battle_healer_mock.answer import Lost
from battle_healer_mock.fault import Fault, Shot, Stage


def answer(shot: Shot) -> Lost:
    """No reply, although there was one to give."""
    return Lost("rst")


ROW = Fault(
    name="reset_after_effect",
    stage=Stage.AFTER_EFFECT,
    binding="call",
    symptom="a connection reset, after the write took effect",
    cure="the same key again; without a key, stop",
    heals="key",
    told="maybe",
    effect="once",
    answer=answer,
)
