"""Soft error: a 200 whose body says that it failed.

What it does: answers 200 without calling the service; the body says `"ok": false`.
Why it matters: whoever looks at the status alone believes in a success that never was.
Example: soft_error
Cure: the same request again; the body says that nothing was processed.
Source: GraphQL over HTTP and many RPC-style APIs report errors under 200.
"""

from __future__ import annotations

from battle_healer_mock.answer import Failure
from battle_healer_mock.fault import Fault, Shot, Stage


def answer(shot: Shot) -> Failure:
    """An error in the clothes of a success."""
    return Failure(
        200, "temporarily-unavailable", "Temporarily unavailable",
        "The service could not take the request.", soft=True,
    )  # fmt: skip


ROW = Fault(
    name="soft_error",
    stage=Stage.WITHOUT_SERVICE,
    binding="call",
    symptom="200 with an error in the body",
    cure="the same request again",
    heals="resend",
    told="no",
    status=200,
    answer=answer,
)
