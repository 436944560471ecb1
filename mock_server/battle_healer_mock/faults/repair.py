"""Repair: a 422 that names what is wrong with the body, and what would be right.

What it does: makes the server want a good body otherwise: a field under another name
(`rename`), of another type (`retype`), gone (`unknown`), as one of some values (`enum`) or in
a given form (`format`). The reply points at the field and gives the change as a JSON Patch
operation. On a body that is bad already it adds nothing: that 422 is its firing. On a request
without body it does not fire.
Why it matters: a client can mend what it sends, if it changes only what is named.
Example: repair=retype
Cure: the body with the change made; the idempotency key may stay, it is not bound yet.
Source: RFC 9110, section 15.5.21; RFC 6901 (pointers); RFC 6902 (operations).
"""

from __future__ import annotations

from battle_healer_mock.answer import Failure
from battle_healer_mock.argument import choice
from battle_healer_mock.charge import Defect, Json, defects
from battle_healer_mock.demand import DEMANDS, Demand
from battle_healer_mock.fault import Fault, Shot, Stage


def refusal(found: tuple[Defect, ...]) -> Failure:
    """The 422 that names all defects of a body."""
    detail = " ".join(defect.detail for defect in found)
    return Failure(
        422, "invalid-request", "The request does not fit", detail,
        members={"errors": [defect.as_json() for defect in found],
                 "schema": "/schemas/charge-request.json"},
        cure="body",
    )  # fmt: skip


def answer(shot: Shot) -> Failure | None:
    """The refusal, until the body is as demanded."""
    body = shot.x.charge
    if body is None or shot.memo.kept == "nothing":
        return None
    demand = shot.memo.kept
    if not isinstance(demand, Demand):
        demand = _begin(shot, body)
    if demand is None:
        return None
    if (as_usual := demand.undo(body)) is not None:
        shot.x.charge = as_usual
        return None
    return refusal((demand.defect(body),))


def _begin(shot: Shot, body: Json) -> Demand | None:
    """What to demand of this call: drawn once, from fields that no other fault has touched."""
    if defects(body):
        shot.memo.kept = "nothing"
        shot.memo.fired += 1
        return None
    kind = str(shot.argument)
    if kind == "any":
        kind = list(DEMANDS)[int(shot.draw("kind") * len(DEMANDS))]
    touched = shot.x.call.demanded
    choices = [made for made in DEMANDS[kind](body) if made.name not in touched]
    if not choices:
        shot.memo.kept = "nothing"
        return None
    demand = choices[int(shot.draw("which") * len(choices))]
    shot.x.call.demanded = touched | {demand.name}
    shot.memo.kept = demand
    return demand


ROW = Fault(
    name="repair",
    stage=Stage.REQUEST,
    binding="body",
    symptom="422 with a pointer and the change that mends it",
    cure="the body with the change made",
    heals="body",
    told="no",
    status=422,
    argument=choice("rename", "retype", "unknown", "enum", "format", "any", help="the defect"),
    needs="body",
    aliases=("malformed",),
    answer=answer,
)
