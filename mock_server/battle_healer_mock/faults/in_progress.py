"""In progress: the server still works on a request with this idempotency key.

What it does: answers 409 with `Retry-After` to a write that carries a key; a later one with the
same key is served. Whoever comes back too early is told the rest of the wait.
Why it matters: another key would be another charge; patience is all that is asked.
Example: in_progress
Cure: wait, then the same request with the same key.
Source: draft-ietf-httpapi-idempotency-key-header-07, section 2.7.
"""

from __future__ import annotations

from dataclasses import replace

from battle_healer_mock import refusals
from battle_healer_mock.answer import Failure, retry_after
from battle_healer_mock.fault import Fault, Shot, Stage

WAIT_S = 1.0


def answer(shot: Shot) -> Failure:
    """The refusal, as the server makes it of its own accord; nothing was done yet."""
    wait_s = shot.hold(WAIT_S)
    said = refusals.key_in_progress()
    return replace(said, told="no", headers=(retry_after(wait_s),), wait_s=wait_s)


ROW = Fault(
    name="in_progress",
    stage=Stage.REQUEST,
    binding="call",
    symptom="409 with Retry-After for a key in use",
    cure="wait, then the same key again",
    heals="wait",
    told="no",
    status=409,
    needs="key",
    answer=answer,
)
