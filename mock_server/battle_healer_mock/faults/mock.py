"""Stand-in answer: a stale or mocked reply, labelled as one.

What it does: answers 200 in the usual shape without calling the service; `X-Degradation` says
`stale` (with `Age`) or `mocked`. Nothing takes effect.
Why it matters: a fallback is a courtesy to readers and a lie to writers, unless it is labelled.
Example: mock=stale
Cure: label the answer; for a write, ask again.
Source: RFC 9111, section 5.1 (`Age`).
"""

from __future__ import annotations

from battle_healer_mock.answer import Headers, Reply
from battle_healer_mock.argument import choice
from battle_healer_mock.fault import Fault, Shot, Stage

STALE_AGE_S = 120


def answer(shot: Shot) -> Reply:
    """An answer in the right shape that nothing stands behind."""
    kind = str(shot.argument)
    headers: Headers = (("X-Degradation", kind),)
    if kind == "stale":
        headers += (("Age", str(STALE_AGE_S)),)
    payload = {**shot.x.stand_in(), "degradation": kind}
    return Reply(payload, headers, complete=False, told="no")


ROW = Fault(
    name="mock",
    stage=Stage.WITHOUT_SERVICE,
    binding="call",
    symptom="200 with a stale or mocked answer, labelled",
    cure="label it; ask again for a write",
    heals="label",
    told="no",
    status=200,
    argument=choice("mocked", "stale", help="what stands in for the answer"),
    answer=answer,
)
