"""Budget is spent: a 402, since somebody has to pay first.

What it does: the credential that the call used first has no call budget left.
Why it matters: no wait and no resend helps, only another credential or a person.
Example: budget
Cure: another credential.
Source: RFC 9110, section 15.5.3.
"""

from __future__ import annotations

from battle_healer_mock.answer import Failure
from battle_healer_mock.fault import Fault, Shot, Stage


def refusal() -> Failure:
    """The 402 of a credential without call budget."""
    return Failure(
        402, "budget-exhausted", "Payment required", "The call budget of this credential is spent.",
        members={"call_budget_remaining": 0}, cure="credential",
    )  # fmt: skip


def answer(shot: Shot) -> Failure:
    """The refusal."""
    return refusal()


ROW = Fault(
    name="budget",
    stage=Stage.ALLOWANCE,
    binding="credential",
    symptom="402, the call budget is spent",
    cure="another credential",
    heals="credential",
    told="no",
    status=402,
    answer=answer,
)
