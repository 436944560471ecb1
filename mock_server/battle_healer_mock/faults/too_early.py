"""Too early: the server will not risk a request that might be a replay.

What it does: answers 425 once; nothing was processed.
Why it matters: one of the few refusals after which the very same request is right.
Example: too_early
Cure: the same request again.
Source: RFC 8470, section 5.2.
"""

from __future__ import annotations

from battle_healer_mock.answer import Failure
from battle_healer_mock.fault import Fault, Shot, Stage


def answer(shot: Shot) -> Failure:
    """The refusal."""
    return Failure(425, "too-early", "Too early", "The request might be a replay; send it again.")


ROW = Fault(
    name="too_early",
    stage=Stage.EARLY,
    binding="call",
    symptom="425",
    cure="the same request again",
    heals="resend",
    told="no",
    status=425,
    answer=answer,
)
