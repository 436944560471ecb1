"""From blamed fields to hints: what the error says would make the request right."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any, Final

from battle_healer.diagnosis import sentences
from battle_healer.diagnosis.exchange import Exchange
from battle_healer.diagnosis.finding import Blame
from battle_healer.diagnosis.members import tokens_of
from battle_healer.diagnosis.places import field
from battle_healer.model import Hint
from battle_healer.pointers import ABSENT, get, join, split
from battle_healer.text import safe

_MOST: Final = 50
_MOST_POINTER: Final = 500
_NAME: Final = re.compile(r"[#/$]?[\w$@./-]{1,120}")
_JSON_TYPES: Final = frozenset(
    {"string", "number", "integer", "boolean", "array", "object", "null"}
)


def hints(x: Exchange, blames: tuple[Blame, ...], evidence: str) -> tuple[Hint, ...]:
    """A hint for each field of the *body* that is blamed; the others nobody can mend here.

    evidence: where in the reply the blames stand, in our words.
    """
    if x.sent is ABSENT:
        return ()
    found = (_hint(x, blame, evidence) for blame in blames[:_MOST] if blame.place == "body")
    # I7: a name that the reply gives may be anything; evidence is shown to people.
    return tuple(replace(hint, evidence=safe(hint.evidence)) for hint in found)


def _hint(x: Exchange, blame: Blame, evidence: str) -> Hint:
    pointer = field(x, blame)
    if blame.change is not None:
        stated = _stated(blame, pointer, evidence)
        if stated is not None:
            return stated
    said = sentences.says(blame.code, blame.text)
    if sentences.is_ambiguous(blame.text):
        return Hint(pointer, "invalid", None, f"{evidence} suggests several names for {pointer}")
    if said == "unknown" or (said in ("invalid", "type") and blame.text):
        renamed = _renamed(x, blame, pointer, evidence)
        if renamed is not None:
            return renamed
    return Hint(pointer, said, _suggestion(said, blame), f"{evidence} says {said} of {pointer}")


def _stated(blame: Blame, pointer: str, evidence: str) -> Hint | None:
    """The JSON Patch operation that a reply offers for the field it blames, and no other."""
    change: Any = blame.change
    op, path, source = change.get("op"), change.get("path"), change.get("from")
    if op == "move" and source == pointer and isinstance(path, str) and _is_pointer(path):
        return Hint(pointer, "rename", path, f"{evidence} names {path} as the name of {pointer}")
    if op == "remove" and path == pointer:
        return Hint(pointer, "unknown", None, f"{evidence} refuses {pointer}")
    if op == "replace" and path == pointer and _is_plain(change.get("value")):
        said = sentences.says(blame.code, blame.text)
        said = said if said in ("type", "enum", "format") else "invalid"
        return Hint(pointer, said, change["value"], f"{evidence} states the value of {pointer}")
    return None


def _renamed(x: Exchange, blame: Blame, pointer: str, evidence: str) -> Hint | None:
    name = sentences.suggested_name(blame.text) or _offered(blame, pointer)
    if name is None or get(x.sent, pointer) is ABSENT:
        return None
    target = join((*split(pointer)[:-1], name))
    if get(x.sent, target) is not ABSENT:
        return None
    return Hint(pointer, "rename", target, f"{evidence} suggests {target} for {pointer}")


def _offered(blame: Blame, pointer: str) -> str | None:
    """The one name that members of the error offer for a field it does not know.

    A pointer counts too, where it stands beside the field. Of any other defect than an unknown
    name such a member may offer a value, so it is not a name.
    """
    if sentences.says(blame.code, blame.text) != "unknown":
        return None
    names = {_sibling(tokens_of(text), pointer) for text in _names(blame)}
    return names.pop() if len(names) == 1 else None


def _names(blame: Blame) -> tuple[str, ...]:
    expected = () if blame.expected in ("", *_JSON_TYPES) else (blame.expected,)
    return tuple(text for text in (*blame.suggested, *expected) if _NAME.fullmatch(text))


def _sibling(tokens: tuple[str, ...], pointer: str) -> str | None:
    *above, _ = split(pointer)
    beside = len(tokens) == 1 or tokens[:-1] == tuple(above)
    return tokens[-1] if tokens and beside else None


def _suggestion(said: sentences.Says, blame: Blame) -> Any:
    """A type's name, the allowed values as a tuple, or a stated default; None for none."""
    if said == "type":
        if blame.expected in _JSON_TYPES:
            return blame.expected
        return sentences.wanted_type(blame.code, blame.text)
    if said == "enum":
        return blame.allowed or sentences.listed_values(blame.text) or None
    if said == "missing":
        return sentences.stated_default(blame.text)
    if said == "range":
        return blame.text or None
    return None


def _is_pointer(text: str) -> bool:
    return text.startswith("/") and len(text) <= _MOST_POINTER


def _is_plain(value: Any) -> bool:
    return isinstance(value, str | int | float | bool)
