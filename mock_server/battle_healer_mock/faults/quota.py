"""Quota is spent: a 429 whose end is hours away.

What it does: the credential that the call used first has no calls left today; the reply says
so with a problem type of its own and a `Retry-After` of hours.
Why it matters: it looks like a throttle, but waiting is not worth it; another credential is.
Example: quota
Cure: another credential, or coming back after the reset.
Source: draft-ietf-httpapi-ratelimit-headers-11, problem type quota-exceeded.
"""

from __future__ import annotations

from battle_healer_mock.answer import Failure, retry_after, whole_seconds
from battle_healer_mock.fault import Fault, Shot, Stage

RESET_AFTER_S = 6 * 3600.0


def refusal(wait_s: float, limit: int) -> Failure:
    """The 429 of a credential that has no calls left for `wait_s` seconds."""
    return Failure(
        429, "quota-exceeded", "Quota exceeded", "The daily quota of this credential is spent.",
        headers=(
            retry_after(wait_s),
            ("RateLimit-Policy", f'"daily";q={limit};w=86400'),
            ("RateLimit", f'"daily";r=0;t={whole_seconds(wait_s)}'),
        ),
        members={"violated-policies": ["daily"], "quota_remaining": 0},
        wait_s=wait_s, cure="credential",
    )  # fmt: skip


def answer(shot: Shot) -> Failure:
    """The refusal, with the rest of the hours until the reset."""
    began_s = shot.x.now_s if shot.memo.first_s is None else shot.memo.first_s
    return refusal(began_s + RESET_AFTER_S - shot.x.now_s, shot.x.daily_call_limit)


ROW = Fault(
    name="quota",
    stage=Stage.ALLOWANCE,
    binding="credential",
    symptom="429 quota-exceeded with a reset in hours",
    cure="another credential, or later",
    heals="credential",
    told="no",
    status=429,
    heals_after_s=RESET_AFTER_S,
    answer=answer,
)
