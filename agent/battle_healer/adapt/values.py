"""One value brought into its declared type and format, or found not to hold what is expected."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from battle_healer import shapes, spelling
from battle_healer.adapt import units
from battle_healer.contract import meets
from battle_healer.pointers import ABSENT

_CONTAINERS: Final = frozenset({"object", "array"})


def fitted(value: Any, node: Mapping[str, Any]) -> Any:
    """The value as the subschema wants it, ABSENT where it does not hold that.

    Objects and lists are passed for their type alone: their members are fitted later.
    """
    wanted = shapes.types(node)
    have = shapes.type_of(value)
    if have in _CONTAINERS:
        if not wanted or have in wanted:
            return value
        return _out_of(value, wanted, node)
    if meets(node, value):
        return value
    return next(
        (v for v in _respelled(value, node, wanted) if v is not ABSENT and meets(node, v)), ABSENT
    )


def _out_of(value: Any, wanted: tuple[str, ...], node: Mapping[str, Any]) -> Any:
    """The one item of a list where a plain value is expected; one object where a list is."""
    if isinstance(value, list):
        only = value[0] if len(value) == 1 else ABSENT
        if "object" in wanted:
            return only if isinstance(only, dict) else ABSENT
        return ABSENT if only is ABSENT or isinstance(only, dict | list) else fitted(only, node)
    return ABSENT


def _respelled(value: Any, node: Mapping[str, Any], wanted: tuple[str, ...]) -> list[Any]:
    found = [spelling.cast(value, name) for name in wanted if name not in ("array", "null")]
    if node.get("format") == "date-time":
        found += [units.instant(value), spelling.date(value)]
    if node.get("format") == "date":
        found.append(spelling.date(value))
    if isinstance(node.get("enum"), list):
        found.append(spelling.nearest(value, tuple(node["enum"])))
    found.append(units.epoch(value, str(node.get("description", ""))))
    return found
