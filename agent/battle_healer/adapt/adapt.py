"""Bring a drifted answer into the shape that the caller knows, and fill nothing in (I5)."""

from __future__ import annotations

import copy
from typing import Any, Final

from battle_healer import shapes
from battle_healer.adapt.draft import Draft, TooMany
from battle_healer.adapt.fit import fit, held
from battle_healer.contract import meets, problems
from battle_healer.json_text import dumps, loads
from battle_healer.model import Adapted
from battle_healer.rules import Schema

_MOST_BYTES: Final = 1_048_576


def adapt(body: bytes, schema: Schema) -> Adapted | None:
    """The answer in the expected shape, or None where nothing certain brings it nearer.

    body: JSON as it came, hostile, up to 1 MiB. schema: the contract of the answer.
    Members are renamed, moved, unwrapped and cast; what the answer does not hold stays absent,
    whatever looks like it. `complete` says whether the result meets the contract.
    """
    try:
        value = loads(body) if len(body) <= _MOST_BYTES else None
    except ValueError:
        return None
    if value is None:
        return None
    draft = Draft(copy.deepcopy(value))
    _wrap_list(draft, schema)
    try:
        fit(draft, schema)
    except TooMany:
        return None
    complete = meets(schema, draft.document)
    if not draft.operations or not (complete or _is_nearer(schema, value, draft.document)):
        return None
    return Adapted(dumps(draft.document), tuple(draft.operations), complete)


def _wrap_list(draft: Draft, schema: Schema) -> None:
    """A bare list where an object with one list is expected."""
    declared = shapes.properties(schema, schema)
    lists = [n for n, m in declared.items() if "array" in shapes.types(shapes.resolved(schema, m))]
    if isinstance(draft.document, list) and len(lists) == 1 and len(declared) == 1:
        draft.set((), {lists[0]: draft.document}, f"a bare list where {lists[0]} is expected")


def _is_nearer(schema: Schema, before: Any, after: Any) -> bool:
    """Whether more of what is declared is there, or as much and less that is wrong."""
    was, now = held(schema, before), held(schema, after)
    if now != was:
        return now > was
    return now > 0 and len(_wrong(schema, after)) < len(_wrong(schema, before))


def _wrong(schema: Schema, value: Any) -> list[str]:
    """What is there and does not fit; what is absent is not wrong."""
    return [line for line in problems(schema, value) if ": required" not in line]
