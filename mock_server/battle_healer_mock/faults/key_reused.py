"""Key reused: the idempotency key was used before, with another payload.

What it does: answers 422 to a write that carries a key, as if the key were spent on another
request. Nothing was processed, and nothing can be with this key.
Why it matters: a new key would be a new charge, and only a person knows whether that is wanted.
Example: key_reused
Cure: none; giving up is right.
Source: draft-ietf-httpapi-idempotency-key-header-07, section 2.7.
"""

from __future__ import annotations

from battle_healer_mock import refusals
from battle_healer_mock.answer import Failure
from battle_healer_mock.fault import Fault, Shot, Stage


def answer(shot: Shot) -> Failure:
    """The refusal, as the server makes it of its own accord."""
    return refusals.key_reused()


ROW = Fault(
    name="key_reused",
    stage=Stage.REQUEST,
    binding="call",
    symptom="422 for a key that is spent",
    cure="none: giving up is right",
    heals="abort",
    told="no",
    status=422,
    needs="key",
    answer=answer,
)
