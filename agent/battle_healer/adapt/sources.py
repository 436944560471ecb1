"""Where in a drifted object a missing member stands now, if that is certain.

Ways are tried from the surest to the least sure; the first that finds anything decides, and
where it finds more than one thing, none is taken (I5).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from battle_healer import shapes
from battle_healer.adapt import units
from battle_healer.adapt.values import fitted
from battle_healer.naming import are_synonyms, is_one_letter_apart, plain, words
from battle_healer.pointers import ABSENT

_MOST_DEPTH: Final = 4
# What stands around an answer, not for a thing of its own.
ENVELOPES: Final = frozenset(
    {"data", "result", "results", "response", "payload", "body", "attributes", "meta", "metadata",
     "pagination", "paging", "page", "pageinfo", "embedded", "item", "node", "object", "content",
     "value", "record", "entity", "properties", "fields", "info", "summary", "envelope"}
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Source:
    """Where a value stands, below the object, and what it is there in the declared form."""

    at: tuple[str, ...]
    value: Any
    why: str


@dataclass(frozen=True, slots=True)
class Gap:
    """A declared member that an object lacks. free: the object's members that are not declared."""

    name: str
    node: Mapping[str, Any]
    members: Mapping[str, Any]
    free: tuple[str, ...]


def source(gap: Gap) -> Source | None:
    """The one place from which the gap can be filled, None where there is none, or a doubt."""
    for way in _WAYS:
        found = list(way(gap))
        usable = [s for s in found if s.value is not ABSENT]
        if usable:
            return usable[0] if len(usable) == 1 else None
        if found:
            return None  # the right place, and no usable value in it
    return None


def _named(gap: Gap, alike: Callable[[str, str], bool], why: str) -> Iterator[Source]:
    for name in gap.free:
        if alike(name, gap.name):
            yield Source((name,), fitted(gap.members[name], gap.node), f"{why} of {gap.name}")


def _respelled(gap: Gap) -> Iterator[Source]:
    return _named(gap, lambda a, b: plain(a) == plain(b), "another spelling")


def _slip(gap: Gap) -> Iterator[Source]:
    return _named(gap, is_one_letter_apart, "one letter apart from the name")


def _synonym(gap: Gap) -> Iterator[Source]:
    return _named(gap, are_synonyms, "a conventional other name")


def _nested(gap: Gap) -> Iterator[Source]:
    """`customer_email` that is now `customer.email`: the same words, one level apart."""
    for at, value in _below(gap, _MOST_DEPTH):
        if len(at) > 1 and plain("".join(at)) == plain(gap.name):
            yield Source(at, fitted(value, gap.node), f"the same words as {gap.name}, nested")


def _enveloped(gap: Gap) -> Iterator[Source]:
    """The same name within something that only wraps: `data`, `attributes`, `pagination`."""
    for at, value in _below(gap, _MOST_DEPTH):
        wraps = len(at) > 1 and all(plain(token) in ENVELOPES for token in at[:-1])
        if wraps and plain(at[-1]) == plain(gap.name):
            yield Source(at, fitted(value, gap.node), f"{gap.name} within an envelope")


def _deeper(gap: Gap) -> Iterator[Source]:
    """A whole object or list of the very name, further down: its inside tells that it is meant."""
    needed = shapes.required(gap.node, gap.node)
    for at, value in _below(gap, _MOST_DEPTH):
        is_named = len(at) > 1 and at[-1] == gap.name and bool(needed)
        if is_named and isinstance(value, dict) and all(name in value for name in needed):
            yield Source(at, value, f"the object {gap.name}, further down")


def _in_unit(gap: Gap) -> Iterator[Source]:
    """The same quantity in another unit, where both units are stated."""
    stem, want = units.unit(gap.name)
    for name in gap.free:
        own_stem, have = units.unit(name)
        value = gap.members[name]
        if own_stem == stem and have and want:
            yield Source(
                (name,), _fit(units.converted(value, have, want), gap), f"{have} to {want}"
            )
        elif own_stem == stem and want:
            yield Source((name,), _fit(units.with_unit(value, want), gap), f"it states {want}")
        elif own_stem == stem and have and "number" in shapes.types(gap.node):
            exponent = gap.members.get("minor_unit_exponent", gap.members.get("exponent"))
            amount = units.major(value, have, exponent)
            if amount is not ABSENT:
                yield Source((name,), _fit(amount, gap), f"{have} to the major unit")


def _epoch(gap: Gap) -> Iterator[Source]:
    """`created_at_epoch_seconds` for `created_at`."""
    if gap.node.get("format") != "date-time":
        return
    for name in gap.free:
        if units.base(name) == "".join(words(gap.name)) and plain(name) != plain(gap.name):
            yield Source((name,), _fit(units.instant(gap.members[name]), gap), "a stated epoch")


_WAYS: Final[tuple[Callable[[Gap], Iterator[Source]], ...]] = (
    _respelled,
    _slip,
    _nested,
    _enveloped,
    _synonym,
    _epoch,
    _in_unit,
    _deeper,
)


def _fit(value: Any, gap: Gap) -> Any:
    return value if value is ABSENT else fitted(value, gap.node)


def _below(gap: Gap, depth: int) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Places below the free members, through objects only: one of many items is no member."""
    level: list[tuple[tuple[str, ...], Any]] = [((n,), gap.members[n]) for n in gap.free]
    for _ in range(depth):
        yield from level
        level = [
            ((*at, name), member)
            for at, value in level
            if isinstance(value, dict)
            for name, member in value.items()
        ]
