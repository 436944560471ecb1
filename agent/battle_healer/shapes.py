"""What a JSON Schema declares at a place: its members, types and constants."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from battle_healer.pointers import ABSENT, get

_MOST_REFS: Final = 16
_NOTHING: Final[Mapping[str, Any]] = {}


def resolved(root: Mapping[str, Any], node: Any) -> Mapping[str, Any]:
    """A subschema with its local `$ref` followed; {} where it is none, or points elsewhere."""
    for _ in range(_MOST_REFS):
        if not isinstance(node, Mapping):
            return _NOTHING
        ref = node.get("$ref")
        if not isinstance(ref, str):
            return node
        node = get(root, ref[1:], _NOTHING) if ref.startswith("#") else _NOTHING
    return _NOTHING


def properties(root: Mapping[str, Any], node: Any) -> Mapping[str, Any]:
    """The members that a subschema declares by name."""
    declared = resolved(root, node).get("properties")
    return declared if isinstance(declared, Mapping) else _NOTHING


def required(root: Mapping[str, Any], node: Any) -> tuple[str, ...]:
    """The members that a subschema requires."""
    names = resolved(root, node).get("required")
    return tuple(n for n in names if isinstance(n, str)) if isinstance(names, list) else ()


def items(root: Mapping[str, Any], node: Any) -> Mapping[str, Any]:
    """The subschema of the items of a list."""
    return resolved(root, resolved(root, node).get("items"))


def below(root: Mapping[str, Any], tokens: tuple[str, ...]) -> Mapping[str, Any]:
    """The subschema at a place of the document; {} where nothing is declared."""
    node: Mapping[str, Any] = resolved(root, root)
    for token in tokens:
        declared = properties(root, node)
        if token in declared:
            node = resolved(root, declared[token])
        elif token.isdigit() and "items" in node:
            node = items(root, node)
        else:
            node = resolved(root, node.get("additionalProperties"))
    return node


def types(node: Mapping[str, Any]) -> tuple[str, ...]:
    """The types that a subschema allows; () where it does not say."""
    declared = node.get("type")
    if isinstance(declared, str):
        return (declared,)
    return tuple(t for t in declared if isinstance(t, str)) if isinstance(declared, list) else ()


def stated(node: Mapping[str, Any]) -> Any:
    """The value that a subschema states for a missing member: its constant, or its default."""
    return node.get("const", node.get("default", ABSENT))


def places(root: Mapping[str, Any], name: str, depth: int = 5) -> list[tuple[str, ...]]:
    """Where, below objects, a schema declares a member of this name."""
    return [at for at in _objects(root, resolved(root, root), (), depth) if at[-1] == name]


def _objects(
    root: Mapping[str, Any], node: Mapping[str, Any], at: tuple[str, ...], depth: int
) -> Iterator[tuple[str, ...]]:
    for name, member in properties(root, node).items():
        yield (*at, name)
        if depth > 1:
            yield from _objects(root, resolved(root, member), (*at, name), depth - 1)


def type_of(value: Any) -> str:
    """The JSON type of a value; a whole number is `integer`."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    for kind, name in _TYPES:
        if isinstance(value, kind):
            return name
    return "object"


_TYPES: Final[tuple[tuple[type, str], ...]] = (
    (str, "string"), (int, "integer"), (float, "number"), (list, "array"), (dict, "object"),
)  # fmt: skip
