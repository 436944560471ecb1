"""Fields that are refused or missing: renamed, moved, wrapped, unwrapped, filled or dropped.

A change of fields is made only where it can mean nothing else; the rest stops the repair.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from battle_healer import shapes
from battle_healer.contract import meets
from battle_healer.model import Operation
from battle_healer.naming import are_synonyms, is_affixed, resembles, same
from battle_healer.pointers import ABSENT, get, join, split
from battle_healer.repair.draft import Draft
from battle_healer.repair.want import Want
from battle_healer.rules import Schema


def fix(draft: Draft, wants: list[Want], schema: Schema | None) -> Draft | None:
    """The draft with all refused and missing fields settled, None where one is not certain."""
    unknown = [
        w for w in wants if w.says == "unknown" and get(draft.value, w.pointer) is not ABSENT
    ]
    missing = [w for w in wants if w.says == "missing" and get(draft.value, w.pointer) is ABSENT]
    whole = _wrapped(draft, missing, schema) or _unwrapped(draft, unknown, missing)
    if whole is not None:
        return whole
    settled: Draft | None = draft
    for want in unknown:
        if settled is not None:
            settled = _settle(settled, want, unknown, missing, schema)
    for want in missing:
        if settled is not None and get(settled.value, want.pointer) is ABSENT:
            settled = _fill(settled, want, schema)
    return settled


def rename(draft: Draft, want: Want) -> Draft | None:
    """The draft with a field under the name that the error states."""
    if want.target is None or get(draft.value, want.target) is not ABSENT:
        return None
    return draft.then(Operation("move", want.target, source=want.pointer, evidence=want.evidence))


def _settle(
    draft: Draft, want: Want, unknown: list[Want], missing: list[Want], schema: Schema | None
) -> Draft | None:
    """One refused field: given its right name or place, else dropped."""
    if get(draft.value, want.pointer) is ABSENT:
        return draft
    open_ones = [w for w in missing if get(draft.value, w.pointer) is ABSENT]
    target = _target(draft, want, unknown, open_ones, schema)
    if target is not None:
        return _moved(draft, want, target)
    name, near = split(want.pointer)[-1], _names(open_ones, want.pointer)
    declared = _declared(draft, want.pointer, schema)
    if any(resembles(name, other) for other in (*near, *declared)):
        return None  # it resembles more than one, so what it means is not certain
    return draft.then(Operation("remove", want.pointer, evidence=want.evidence))


def _moved(draft: Draft, want: Want, target: str) -> Draft | None:
    """The draft with a field at its right place, whose parent is made where it is declared."""
    why = f"{want.evidence}; {target} is its place"
    above = join(split(target)[:-1])
    if above and get(draft.value, above) is ABSENT:
        made = draft.then(Operation("add", above, {}, evidence=why))
        return made and made.then(Operation("move", target, source=want.pointer, evidence=why))
    return draft.then(Operation("move", target, source=want.pointer, evidence=why))


def _target(
    draft: Draft, want: Want, unknown: list[Want], missing: list[Want], schema: Schema | None
) -> str | None:
    """Where a refused field belongs, None where that is nowhere, or not certain."""
    *parent, name = split(want.pointer)
    near = _names(missing, want.pointer)
    found = same(name, near) or same(name, _declared(draft, want.pointer, schema))
    if found is None and near:
        found = _synonym(draft, want, unknown, near, schema) or _affixed(
            draft, want, unknown, near, schema
        )
    if found is not None:
        return join((*parent, found))
    return _elsewhere(draft, want, missing, schema)


def _names(missing: Iterable[Want], pointer: str) -> list[str]:
    """The missing names that have the same parent."""
    parent = split(pointer)[:-1]
    return [at[-1] for w in missing if (at := split(w.pointer))[:-1] == parent]


def _declared(draft: Draft, pointer: str, schema: Schema | None) -> list[str]:
    """The declared names with the same parent that the request does not use."""
    if schema is None:
        return []
    parent = split(pointer)[:-1]
    used = get(draft.value, join(parent))
    return [n for n in shapes.properties(schema, shapes.below(schema, parent)) if n not in used]


def _synonym(
    draft: Draft, want: Want, unknown: list[Want], near: list[str], schema: Schema | None
) -> str | None:
    """A conventional other name: where one field is refused, one is missing, and the value fits."""
    *parent, name = split(want.pointer)
    refused = [w for w in unknown if split(w.pointer)[:-1] == tuple(parent)]
    if len(near) != 1 or len(refused) != 1 or not are_synonyms(name, near[0], loosely=True):
        return None
    return near[0] if _would_fit(draft, want, near[0], schema) else None


def _affixed(
    draft: Draft, want: Want, unknown: list[Want], near: list[str], schema: Schema | None
) -> str | None:
    """`product_sku` for `sku`: where each is the only one that the other could mean."""
    *parent, name = split(want.pointer)
    meant = [other for other in near if is_affixed(name, other)]
    if len(meant) != 1:
        return None
    rivals = [
        at[-1]
        for w in unknown
        if (at := split(w.pointer))[:-1] == tuple(parent) and is_affixed(at[-1], meant[0])
    ]
    return meant[0] if rivals == [name] and _would_fit(draft, want, meant[0], schema) else None


def _would_fit(draft: Draft, want: Want, name: str, schema: Schema | None) -> bool:
    """Whether the refused field's value may stand under the other name, as far as is known."""
    node = shapes.below(schema, (*split(want.pointer)[:-1], name)) if schema is not None else {}
    return not node or meets(node, get(draft.value, want.pointer))


def _elsewhere(draft: Draft, want: Want, missing: list[Want], schema: Schema | None) -> str | None:
    """The one other place at which a field of the very same name is missing, or declared."""
    name = split(want.pointer)[-1]
    gone = [w.pointer for w in missing if split(w.pointer)[-1] == name]
    if schema is not None and not gone:
        gone = [join(at) for at in shapes.places(schema, name)]
    if len(gone) != 1 or get(draft.value, gone[0]) is not ABSENT or gone[0] == want.pointer:
        return None
    above = join(split(gone[0])[:-1])
    parent = get(draft.value, above)
    return gone[0] if isinstance(parent, dict) or _can_stand(draft, above, schema) else None


def _can_stand(draft: Draft, above: str, schema: Schema | None) -> bool:
    """Whether an object may be made for a field that moves there: declared, and absent."""
    return schema is not None and get(draft.value, above) is ABSENT


def _fill(draft: Draft, want: Want, schema: Schema | None) -> Draft | None:
    """A missing field, from the constant or default that the error or the contract states."""
    stated = want.stated
    if stated is ABSENT and schema is not None:
        stated = shapes.stated(shapes.below(schema, split(want.pointer)))
    if stated is ABSENT:
        return None
    return draft.then(Operation("add", want.pointer, stated, evidence=want.evidence))


def _wrapped(draft: Draft, missing: list[Want], schema: Schema | None) -> Draft | None:
    """The whole body under the one missing member, where only there it meets the contract."""
    if schema is None or len(missing) != 1 or not isinstance(draft.value, dict):
        return None
    at = split(missing[0].pointer)
    if len(at) != 1 or set(shapes.properties(schema, schema)) != {at[0]}:
        return None
    wrapped = {at[0]: draft.value}
    if not meets(schema, wrapped):
        return None
    why = f"{missing[0].evidence}; the whole body fits there"
    return draft.then(Operation("replace", "", wrapped, evidence=why))


def _unwrapped(draft: Draft, unknown: list[Want], missing: list[Want]) -> Draft | None:
    """The inside of the one refused member, where it holds all that is missing outside."""
    if len(unknown) != 1 or not missing or not isinstance(draft.value, dict):
        return None
    at = split(unknown[0].pointer)
    inner: Any = get(draft.value, unknown[0].pointer)
    if len(at) != 1 or len(draft.value) != 1 or not isinstance(inner, dict):
        return None
    if {split(w.pointer)[0] for w in missing} - set(inner):
        return None
    why = f"{unknown[0].evidence}; what is missing stands in it"
    return draft.then(Operation("replace", "", inner, evidence=why))
