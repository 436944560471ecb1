"""Mend a request by what the error and the contract name, and by nothing else (I5)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from battle_healer import spelling
from battle_healer.json_text import dumps, loads
from battle_healer.model import Diagnosis, Kind, Operation
from battle_healer.pointers import ABSENT, get, join, split
from battle_healer.repair import fields
from battle_healer.repair.draft import Draft
from battle_healer.repair.want import Want, of_contract, of_hint
from battle_healer.rules import Schema
from battle_healer.shapes import type_of

_MENDABLE: Final = frozenset({Kind.INVALID_REQUEST, Kind.CONFLICT})
_MOST_ROUNDS: Final = 5
_MOST_BYTES: Final = 1_048_576


@dataclass(frozen=True, slots=True)
class Repaired:
    """A mended request. body: the new JSON text. operations: how, each with its evidence."""

    body: bytes = field(repr=False)
    operations: tuple[Operation, ...]


def repair(
    body: bytes,
    content_type: str,
    diagnosis: Diagnosis,
    schema: Schema | None,
    *,
    may_clamp: tuple[str, ...] = (),
) -> Repaired | None:
    """The request with every named defect mended; None where one change is not certain.

    body: as sent. content_type: its media type; only JSON is mended. schema: the contract of
    the request, or None. may_clamp: pointers whose numbers may be cut to a stated bound.
    What nobody names keeps its value, its order and the spelling of its numbers. Whether a
    place is protected is not asked here: a guardrail looks at the operations.
    """
    if diagnosis.kind not in _MENDABLE or len(body) > _MOST_BYTES or "json" not in content_type:
        return None
    try:
        value = loads(body)
    except ValueError:
        return None
    draft = _mended(Draft(value), [of_hint(hint) for hint in diagnosis.hints], schema, may_clamp)
    if draft is None or not draft.operations:
        return None
    if not all(draft.covers(hint.pointer) for hint in diagnosis.hints):
        return None  # the error names something that nothing here mends
    return Repaired(dumps(draft.value), draft.operations)


def touches(operations: tuple[Operation, ...]) -> frozenset[str]:
    """Every pointer that operations touch."""
    return frozenset(pointer for operation in operations for pointer in operation.pointers)


def _mended(
    draft: Draft, hinted: list[Want], schema: Schema | None, may_clamp: tuple[str, ...]
) -> Draft | None:
    """The draft after the hints, and then after what the contract still asks for."""
    wants = hinted
    for _ in range(_MOST_ROUNDS):
        asked = of_contract(schema, draft.value) if schema is not None else []
        if asked is None:
            return None
        wants = _merged(wants, asked)
        if not wants:
            return draft
        following = _settled(draft, wants, schema, may_clamp)
        if following is None:
            return None
        draft, wants = following, []
    return None


def _merged(hinted: list[Want], asked: list[Want]) -> list[Want]:
    """Of two wants for one place that say the same, the contract's, which is the more exact."""
    exact = {(want.pointer, want.says) for want in asked}
    vague = {want.pointer for want in asked}
    kept = [
        want
        for want in hinted
        if (want.pointer, want.says) not in exact
        and not (want.says == "invalid" and want.pointer in vague)
    ]
    return [*kept, *(_completed(want, hinted) for want in asked)]


def _completed(want: Want, hinted: list[Want]) -> Want:
    """The contract's want, with the value that the error states where the contract states none."""
    if want.stated is not ABSENT or want.says != "missing":
        return want
    return next((h for h in hinted if h.pointer == want.pointer and h.says == want.says), want)


def _settled(
    draft: Draft, wants: list[Want], schema: Schema | None, may_clamp: tuple[str, ...]
) -> Draft | None:
    """The draft with all wants of one round settled: names first, then spelling."""
    before = draft
    for want in wants:
        if want.says == "rename":
            renamed = fields.rename(draft, want)
            if renamed is None:
                return None
            draft = renamed
    in_fields = fields.fix(draft, wants, schema)
    if in_fields is None:
        return None
    if in_fields.operations != before.operations and schema is not None:
        return in_fields  # the contract is asked again before values are judged
    draft = in_fields
    for want in wants:
        changed = _with_value(draft, want, may_clamp)
        if changed is None:
            return None
        draft = changed
    return draft if draft.operations != before.operations else None


def _with_value(draft: Draft, want: Want, may_clamp: tuple[str, ...]) -> Draft | None:
    """The draft with the value that a want asks for; as it is where the want is not of spelling."""
    if want.says in ("unknown", "missing", "rename", "invalid") and want.stated is ABSENT:
        return draft
    if want.says in ("unknown", "missing", "rename"):
        return draft
    pointer = _culprit(draft.value, want)
    value = get(draft.value, pointer)
    if value is ABSENT:
        return None
    new = _new_value(value, want, may_clamp=pointer in may_clamp)
    if new is ABSENT:
        return None
    return draft.then(Operation("replace", pointer, new, evidence=want.evidence))


def _new_value(value: Any, want: Want, *, may_clamp: bool) -> Any:
    if want.stated is not ABSENT:
        return spelling.respelled(value, want.stated)
    match want.says:
        case "type":
            return spelling.cast(value, want.type) if want.type else ABSENT
        case "enum":
            return spelling.nearest(value, want.options)
        case "format":
            return spelling.date(value)
        case "range" if may_clamp:
            return spelling.clamped(value, want.least, want.most, want.text)
        case _:
            return ABSENT


def _culprit(document: Any, want: Want) -> str:
    """The place itself, or the one member of it that has another type than is asked for."""
    value = get(document, want.pointer)
    if want.type in (None, "object", "array") or not isinstance(value, dict):
        return want.pointer
    wrong = [name for name, member in value.items() if type_of(member) != want.type]
    return join((*split(want.pointer), wrong[0])) if len(wrong) == 1 else want.pointer
