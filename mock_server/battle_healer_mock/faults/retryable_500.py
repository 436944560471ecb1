"""Retryable error: a 500 before anything happened, and the reply says so.

What it does: the service fails after all checks and before the effect. The reply says
`"processed": false` and `X-Processed: no`, and shows what is left of the retry budget.
Why it matters: only a 500 that says so may be sent again without an idempotency key.
Example: retryable_500*2
Cure: the same request again.
Source: RFC 9110, section 15.6.1; section 9.2.2 on what may be repeated.
"""

from __future__ import annotations

from battle_healer_mock.answer import Failure
from battle_healer_mock.fault import Fault, Shot, Stage


def answer(shot: Shot) -> Failure:
    """The error, at the cost of one retry of the token's budget for this call."""
    return Failure(
        500, "retryable-error", "The service failed", "The service failed for a moment.",
        members={"retry_budget": shot.x.spend_retry()},
    )  # fmt: skip


ROW = Fault(
    name="retryable_500",
    stage=Stage.BEFORE_EFFECT,
    binding="call",
    symptom="500 that says nothing was processed",
    cure="the same request again",
    heals="resend",
    told="no",
    status=500,
    answer=answer,
)
