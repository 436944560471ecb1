"""One thing that must change in a request, wanted by the error or by the contract."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

from battle_healer import shapes
from battle_healer.contract import errors
from battle_healer.model import Hint
from battle_healer.pointers import ABSENT, join
from battle_healer.rules import Schema

Says = Literal["unknown", "missing", "type", "enum", "format", "range", "rename", "invalid"]
_OF_MEMBERS: Final = frozenset({"unknown", "missing", "rename"})
JSON_TYPES: Final = ("string", "number", "integer", "boolean", "array", "object", "null")


@dataclass(frozen=True, slots=True)
class Want:
    """A change that is asked for.

    type: a JSON type. options: allowed values, () where none are listed. target: the new name's
    pointer. stated: the value itself as the error or contract states it, ABSENT for none.
    least, most: bounds of a number. text: what the error says of its bounds.
    """

    pointer: str
    says: Says
    evidence: str
    type: str | None = None
    options: tuple[Any, ...] = ()
    target: str | None = None
    stated: Any = ABSENT
    least: Any = None
    most: Any = None
    text: str = ""


def of_hint(hint: Hint) -> Want:
    """What a hint of the error asks for."""
    want, given = Want(hint.pointer, hint.says, hint.evidence), hint.suggest
    if not hint.pointer.startswith("/") and hint.says in _OF_MEMBERS:
        return replace(want, says="invalid")  # the whole body has no name to be wrong
    if given is None:
        return want
    if hint.says in ("rename", "range"):
        text = str(given)
        return replace(want, target=text if hint.says == "rename" else None, text=text)
    if hint.says == "type" and given in JSON_TYPES:
        return replace(want, type=str(given))
    if hint.says == "enum" and isinstance(given, tuple):
        return replace(want, options=given)
    return replace(want, stated=given)


def of_contract(schema: Schema, value: Any) -> list[Want] | None:
    """What the contract asks for; [] for nothing, None where the contract is unusable."""
    try:
        found = errors(schema, value)
    except Exception:
        return None
    return [want for error in found for want in _of_error(schema, error)]


def _of_error(schema: Schema, error: Any) -> list[Want]:
    at, rule = tuple(str(token) for token in error.absolute_path), error.validator_value
    pointer = join(at)
    why = f"the contract's {error.validator} at {pointer or '/'}"
    want = Want(pointer, "invalid", why)
    if error.validator == "required":
        gone = [name for name in rule if name not in error.instance]
        return [_missing(schema, at, name, why) for name in gone]
    if error.validator == "additionalProperties":
        extra = _undeclared(error.schema, error.instance)
        return [replace(want, pointer=join((*at, name)), says="unknown") for name in extra]
    read = _RULES.get(error.validator)
    return [read(want, rule) if read else want]


def _typed(want: Want, rule: Any) -> Want:
    names = [rule] if isinstance(rule, str) else rule
    return replace(want, says="type", type=next((n for n in names if n != "null"), None))


_RULES: Final[dict[str, Callable[[Want, Any], Want]]] = {
    "type": _typed,
    "enum": lambda want, rule: replace(want, says="enum", options=tuple(rule)),
    "const": lambda want, rule: replace(want, says="enum", options=(rule,)),
    "minimum": lambda want, rule: replace(want, says="range", least=rule),
    "maximum": lambda want, rule: replace(want, says="range", most=rule),
    "format": lambda want, rule: replace(want, says="format"),
}


def _missing(schema: Schema, at: tuple[str, ...], name: str, why: str) -> Want:
    stated = shapes.stated(shapes.below(schema, (*at, name)))
    return Want(join((*at, name)), "missing", f"{why} names {name}", stated=stated)


def _undeclared(node: Mapping[str, Any], value: Mapping[str, Any]) -> list[str]:
    declared = node.get("properties", {})
    return [name for name in value if name not in declared]
