"""A value that fits a JSON Schema, for the mock tier `schema`: plain, and the same every time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from battle_healer import pointers

_DEEPEST: Final = 12
_OF_TYPE: Final[dict[str, Any]] = {
    "string": "",
    "integer": 0,
    "number": 0,
    "boolean": False,
    "null": None,
}


def sample(schema: Mapping[str, Any]) -> Any:
    """Return the plainest value of a schema's shape: stated values first, then empty ones.

    Formats, patterns and ranges are not solved for; a mock is labelled as one. References are
    followed only inside the schema.
    """
    return _sample(schema, schema, 0)


def _sample(schema: Any, root: Mapping[str, Any], depth: int) -> Any:
    if not isinstance(schema, Mapping) or depth > _DEEPEST:
        return None
    for word in ("const", "default"):
        if word in schema:
            return schema[word]
    for word in ("examples", "enum"):
        if isinstance(schema.get(word), list) and schema[word]:
            return schema[word][0]
    inner = _inner(schema, root)
    if inner is not None:
        return _sample(inner, root, depth + 1)
    return _of_type(schema, root, depth)


def _inner(schema: Mapping[str, Any], root: Mapping[str, Any]) -> Any:
    """The schema that this one stands for: a local reference, or its first alternative."""
    reference = schema.get("$ref")
    if isinstance(reference, str) and reference.startswith("#"):
        return pointers.get(root, reference[1:], None)
    for word in ("oneOf", "anyOf", "allOf"):
        if isinstance(schema.get(word), list) and schema[word] and "properties" not in schema:
            return schema[word][0]
    return None


def _of_type(schema: Mapping[str, Any], root: Mapping[str, Any], depth: int) -> Any:
    kind = schema.get("type", "object" if "properties" in schema else "null")
    if isinstance(kind, list):
        kind = kind[0] if kind else "null"
    if kind == "object":
        properties = schema.get("properties", {})
        names = schema.get("required", list(properties))
        return {name: _sample(properties.get(name), root, depth + 1) for name in names}
    if kind == "array":
        least = schema.get("minItems", 0)
        return [_sample(schema.get("items"), root, depth + 1) for _ in range(min(least, 10))]
    return _OF_TYPE.get(kind)
