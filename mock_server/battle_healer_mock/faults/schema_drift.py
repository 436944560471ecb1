"""Schema drift: the answer is right, and its shape is not.

What it does: the write takes effect and the reply says 200, but a field has another name
(`rename`), stands elsewhere (`move`), is of another type (`retype`) or is missing (`drop`,
which is honest: nothing in the reply holds the value). Which field is drawn by call.
Why it matters: sending a write again because its answer looks odd would double it.
Example: schema_drift=move
Cure: adapt the answer to the expected shape; never send again.
Source: the renames and moves that API changelogs announce.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from battle_healer_mock.answer import Reply
from battle_healer_mock.argument import choice
from battle_healer_mock.fault import Fault, Shot, Stage

Payload = dict[str, object]

RENAMES: Final = {
    "transactionId": "txn_id",
    "amount": "amt_value",
    "createdAt": "created_at",
    "servedAt": "served_at",
    "region": "region_name",
}
# What each variant may touch: never the envelope's message, and a drop only what the client
# cannot know by itself.
_DROPPED: Final = ("status", "createdAt", "servedAt")
_KEPT_OUTSIDE: Final = ("message",)


def _pick(shot: Shot, names: list[str]) -> str:
    return names[int(shot.draw("which") * len(names))]


def _rename(shot: Shot, payload: Payload) -> Payload:
    old = _pick(shot, [name for name in RENAMES if name in payload])
    return {RENAMES.get(name, name) if name == old else name: payload[name] for name in payload}


def _move(shot: Shot, payload: Payload) -> Payload:
    inner = {name: value for name, value in payload.items() if name not in _KEPT_OUTSIDE}
    outer = {name: payload[name] for name in _KEPT_OUTSIDE if name in payload}
    return {**outer, "data": inner}


def _drop(shot: Shot, payload: Payload) -> Payload:
    gone = _pick(shot, [name for name in _DROPPED if name in payload])
    return {name: value for name, value in payload.items() if name != gone}


def _retype(shot: Shot, payload: Payload) -> Payload:
    if "amount" in payload:
        return {**payload, "amount": str(payload["amount"])}
    return {**payload, "region": [payload["region"]]}


VARIANTS: Final[dict[str, Callable[[Shot, Payload], Payload]]] = {
    "rename": _rename,
    "move": _move,
    "drop": _drop,
    "retype": _retype,
}


def answer(shot: Shot) -> Reply | None:
    """The success of this request in another shape."""
    if shot.x.success is None:
        return None
    variant = str(shot.argument)
    if variant == "any":
        variant = list(VARIANTS)[int(shot.draw("variant") * len(VARIANTS))]
    return Reply(VARIANTS[variant](shot, dict(shot.x.success)), shot.x.success_headers)


ROW = Fault(
    name="schema_drift",
    stage=Stage.SHAPE,
    binding="call",
    symptom="200 in another shape",
    cure="adapt the answer; never send again",
    heals="adapt",
    told="yes",
    effect="once",
    status=200,
    argument=choice(*VARIANTS, "any", help="what happens to the answer"),
    answer=answer,
)
