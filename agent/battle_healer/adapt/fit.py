"""Bring a document into a schema's shape, from the root down."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from battle_healer import shapes
from battle_healer.adapt.draft import Draft, Tokens
from battle_healer.adapt.sources import ENVELOPES, Gap, source
from battle_healer.adapt.values import fitted
from battle_healer.naming import OTHER_THINGS, are_synonyms, plain, words
from battle_healer.pointers import ABSENT
from battle_healer.rules import Schema

_MOST_DEPTH: Final = 12
_MOST_ENVELOPES: Final = 4


def fit(draft: Draft, schema: Schema) -> None:
    """Change the draft until nothing more is certain. Raises TooMany."""
    root = shapes.resolved(schema, schema)
    _unwrap(draft, schema, root)
    _fit(draft, schema, root, (), _MOST_DEPTH)


def held(schema: Schema, value: Any) -> int:
    """How many declared members a document holds in their declared form, at all depths."""
    return _held(schema, shapes.resolved(schema, schema), value, _MOST_DEPTH)


def _held(schema: Schema, node: Mapping[str, Any], value: Any, depth: int) -> int:
    if depth <= 0:
        return 0
    if isinstance(value, list):
        inner = shapes.items(schema, node)
        return sum(_held(schema, inner, item, depth - 1) for item in value) if inner else 0
    if not isinstance(value, dict):
        return 0
    count = 0
    for name, declared in shapes.properties(schema, node).items():
        member = shapes.resolved(schema, declared)
        if name in value and fitted(value[name], member) is value[name]:
            count += 1 + _held(schema, member, value[name], depth - 1)
    return count


def _fit(draft: Draft, schema: Schema, node: Mapping[str, Any], at: Tokens, depth: int) -> None:
    if depth <= 0 or not node:
        return
    kind = shapes.types(node)
    if "array" in kind and "object" not in kind:
        _as_list(draft, schema, node, at)
    value = draft.get(at)
    if isinstance(value, list):
        inner = shapes.items(schema, node)
        for index in range(len(value)):
            _fit(draft, schema, inner, (*at, str(index)), depth - 1)
    elif isinstance(value, dict):
        _fit_object(draft, schema, node, at, depth)


def _unwrap(draft: Draft, schema: Schema, root: Mapping[str, Any]) -> None:
    """Take away what only stands around the answer: an envelope, a list of one."""
    for _ in range(_MOST_ENVELOPES):
        value = draft.document
        if "object" in shapes.types(root) and isinstance(value, list) and len(value) == 1:
            draft.move(("0",), (), "a list of one where one object is expected")
            continue
        inner = _envelope(value, schema, root)
        if inner is None:
            return
        draft.move((inner,), (), f"an envelope around the answer: {inner}")


def _envelope(value: Any, schema: Schema, root: Mapping[str, Any]) -> str | None:
    """The member that holds the answer, where nothing declared stands beside it."""
    declared = shapes.properties(schema, root)
    if not isinstance(value, dict) or not declared:
        return None
    if any(_is_known(name, inner, declared) for name, inner in value.items()):
        return None
    wraps = [
        name
        for name, inner in value.items()
        if isinstance(inner, dict) and (plain(name) in ENVELOPES or len(value) == 1)
    ]
    return wraps[0] if len(wraps) == 1 else None


def _is_known(name: str, inner: Any, declared: Mapping[str, Any]) -> bool:
    """Whether a member stands for a declared one: by its name, or by its name and its inside's."""
    if name in declared:
        return True
    nested = {plain(f"{name}{below}") for below in inner} if isinstance(inner, dict) else set()
    return any(
        plain(name) == plain(other) or are_synonyms(name, other) or plain(other) in nested
        for other in declared
    )


def _as_list(draft: Draft, schema: Schema, node: Mapping[str, Any], at: Tokens) -> None:
    """A list that a page or a connection wraps, or that collapsed into its only item."""
    value = draft.get(at)
    if not isinstance(value, dict):
        return
    lists = [name for name, member in value.items() if isinstance(member, list)]
    if len(lists) == 1:
        found = value[lists[0]]
        if not at:
            draft.move((lists[0],), (), f"the only list of the page: {lists[0]}")
        else:
            draft.set(at, found, f"the only list within: {lists[0]}")
        return
    if not lists and any(n in value for n in shapes.properties(schema, shapes.items(schema, node))):
        draft.set(at, [value], "one item where a list is expected")


def _fit_object(
    draft: Draft, schema: Schema, node: Mapping[str, Any], at: Tokens, depth: int
) -> None:
    declared = shapes.properties(schema, node)
    for name, member in declared.items():
        _in_place(draft, shapes.resolved(schema, member), (*at, name))
    _lift(draft, schema, node, at)
    for name in declared:
        if draft.get((*at, name)) is ABSENT:
            _fill(draft, schema, node, (*at, name))
    for name, member in declared.items():
        _fit(draft, schema, shapes.resolved(schema, member), (*at, name), depth - 1)
    if node.get("additionalProperties") is False:
        for name in [n for n in draft.get(at) if n not in declared]:
            draft.remove((*at, name), "the contract allows no other member")


def _in_place(draft: Draft, node: Mapping[str, Any], at: Tokens) -> None:
    """What stands under its own name: cast where that is certain, else taken away."""
    value = draft.get(at)
    if value is ABSENT or value is None or not node:
        return
    if isinstance(value, dict) and "array" in shapes.types(node):
        return  # a list that something wraps; looked into later
    new = fitted(value, node)
    if new is ABSENT:
        draft.remove(at, "it holds nothing of the declared type")
    elif new is not value:
        draft.set(at, new, "the declared type, spelled as JSON spells it")


def _fill(draft: Draft, schema: Schema, parent: Mapping[str, Any], at: Tokens) -> None:
    """A missing member, from where its value stands now; what stands nowhere stays absent.

    at: the member's own place; parent: the subschema of the object that lacks it.
    """
    *above, name = at
    members = draft.get(tuple(above))
    declared = shapes.properties(schema, parent)
    free = tuple(other for other in members if other not in declared)
    gap = Gap(name, shapes.resolved(schema, declared[name]), members, free)
    found = source(gap)
    if found is None:
        _gather(draft, schema, gap, at)
        return
    stands = (*above, *found.at)
    stood = draft.get(stands)
    draft.move(stands, at, found.why)
    if found.value is not stood:
        draft.set(at, found.value, f"{found.why}, in the declared form")
    if len(found.at) > 1 and draft.get(stands[:-1]) == {}:
        draft.remove(stands[:-1], "nothing is left in it")


def _lift(draft: Draft, schema: Schema, node: Mapping[str, Any], at: Tokens) -> None:
    """Members that moved together into one new object, which holds nothing else: back again.

    `amount` and `currency` in `payment: {amount, currency}`. One member alone is no sign of a
    regrouping, nor is an object with members of its own: it may be another thing's (I5).
    """
    members, declared = draft.get(at), shapes.properties(schema, node)
    absent = [name for name in declared if name not in members]
    groups = [
        group
        for name, inner in members.items()
        if name not in declared and isinstance(inner, dict)
        and OTHER_THINGS.isdisjoint(words(name)) and (group := _group(inner, (name,), absent))
    ]  # fmt: skip
    if len(groups) != 1:
        return  # two such objects: which of them is meant is not known
    places = groups[0]
    for name, place in places.items():
        value = draft.get((*at, *place))
        if fitted(value, shapes.resolved(schema, declared[name])) is not value:
            return
    above: Tokens = ()
    for name, place in places.items():
        above = place[:-1]
        draft.move((*at, *place), (*at, name), f"regrouped under {'/'.join(above)}")
    while above and draft.get((*at, *above)) == {}:
        draft.remove((*at, *above), "nothing is left in it")
        above = above[:-1]


def _group(inner: Mapping[str, Any], at: Tokens, absent: list[str]) -> dict[str, Tokens]:
    """The absent members in an object that holds two or more of them and no more: their places."""
    if len(inner) == 1 and len(at) < _MOST_ENVELOPES:
        name, only = next(iter(inner.items()))
        return _group(only, (*at, name), absent) if isinstance(only, dict) else {}
    named = {plain(name): name for name in absent}
    places = {named[plain(name)]: (*at, name) for name in inner if plain(name) in named}
    return places if len(places) == len(inner) > 1 else {}


def _gather(draft: Draft, schema: Schema, gap: Gap, at: Tokens) -> None:
    """An object that was dissolved: its members stand flat, under their own or prefixed names."""
    inner = shapes.properties(schema, gap.node)
    needed = shapes.required(schema, gap.node) or tuple(inner)
    prefix = words(gap.name)
    flat = {
        member: other
        for member in inner
        for other in gap.free
        if other == member or words(other) == (*prefix, *words(member))
    }
    if not needed or not all(member in flat for member in needed):
        return
    if len(needed) == 1 and flat[needed[0]] == needed[0]:
        return  # one plain name is too little to tell a member of an object by
    draft.set(at, {}, f"the members of {gap.name} stand beside it")
    for member, other in flat.items():
        draft.move((*at[:-1], other), (*at, member), f"{other} is {member} of {gap.name}")
