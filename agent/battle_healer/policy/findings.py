"""What pydantic found, told as errors of ours: the line, the key, what is known, the nearest.

A value is repeated only where it is one word out of a known list; elsewhere it could be a secret.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from battle_healer.errors import PolicyError
from battle_healer.policy.document import Document, Loc
from battle_healer.policy.shape import PolicyFile
from battle_healer.text import nearest, safe

_TYPES = {
    "string_type": ("must be text", "Put it in quotes if it looks like a number or a boolean."),
    "bool_type": ("must be on or off", "Write on or off."),
    "int_type": ("must be a whole number", "Write it without quotes, unit or point."),
    "float_type": ("must be a number", "Write it without quotes or unit."),
    "list_type": ("must be a list", "Write [a, b], or one `- item` a line."),
    "dict_type": ("must be a mapping", "Write {key: value}, or one `key: value` a line."),
    "model_type": ("must be a mapping", "Write {key: value}, or one `key: value` a line."),
    "too_short": ("must not be empty", "Give at least one, or remove the key."),
}
_LIMITS = {
    "greater_than": ("gt", "more than"),
    "greater_than_equal": ("ge", "at least"),
    "less_than": ("lt", "less than"),
    "less_than_equal": ("le", "at most"),
}


def shape_errors(document: Document, error: ValidationError) -> tuple[PolicyError, ...]:
    """Errors of ours, in the order of lines."""
    # On one line a typo comes before the key that is missing because of it.
    rows = sorted(
        error.errors(include_url=False),
        key=lambda row: (line_of(document, row["loc"]), row["type"] == "missing"),
    )
    return tuple(_told(document, row) for row in rows)


def line_of(document: Document, loc: Loc) -> int:
    """Line of an entry, for sorting."""
    return int(document.at(loc).rpartition(":")[2])


def _told(document: Document, row: ErrorDetails) -> PolicyError:
    loc = tuple(part for part in row["loc"] if part != "[key]")
    what, fix = _words(row, loc)
    return document.error(loc, what, fix)


def _words(row: ErrorDetails, loc: Loc) -> tuple[str, str]:
    kind, context = row["type"], row.get("ctx", {})
    name = _spoken(loc)
    if kind == "extra_forbidden":
        # `token: {abc}` is YAML for the key abc, which may well be a token.
        key = "" if "token" in loc[:-1] else f" {safe(str(loc[-1]))!r}"
        fix = nearest(str(loc[-1]), known_keys(loc[:-1]))
        return f"unknown key{key}{_inside(loc)}", fix
    if kind == "missing":
        return f"`{name}` is missing{_inside(loc)}", "Add it."
    if kind == "form":
        return f"{name} is {context['what']}", str(context["fix"])
    if kind == "literal_error":
        return _unknown_word(row, name)
    if kind in _LIMITS:
        limit, words = _LIMITS[kind]
        return f"{name} is out of range", f"Give {words} {context[limit]:g}."
    what, fix = _TYPES.get(kind, ("cannot be used", safe(row["msg"]) + "."))
    return f"{name} {what}", fix


def _unknown_word(row: ErrorDetails, name: str) -> tuple[str, str]:
    value = row["input"]
    known = [
        str(word).strip("'") for word in row["ctx"]["expected"].replace(" or ", ", ").split(", ")
    ]
    shown = safe(value if isinstance(value, str) else str(value), 40)
    return f"unknown {name} {shown!r}", nearest(shown, known)


def _spoken(loc: Loc) -> str:
    """Name an entry, as in `regions[1].url`: its last key and what stands after."""
    names = [index for index, part in enumerate(loc) if isinstance(part, str)]
    if not names:
        return "the policy"
    start = names[-1]
    return safe(str(loc[start])) + "".join(f"[{part}]" for part in loc[start + 1 :])


def _inside(loc: Loc) -> str:
    return f" in {_spoken(loc[:-1])}" if len(loc) > 1 else ""


def known_keys(loc: Loc) -> tuple[str, ...]:
    """Keys that the mapping at `loc` may have."""
    part: Any = PolicyFile
    for step in loc:
        part = next(iter(_below(part, step)), None)
    models = list(_models(part))
    return tuple(models[0].model_fields) if models else ()


def _below(annotation: Any, step: str | int) -> Iterator[Any]:
    """Annotation of the entry `step` of whatever `annotation` describes."""
    for model in _models(annotation):
        if isinstance(step, str) and step in model.model_fields:
            yield model.model_fields[step].annotation
    for container in _unwrapped(annotation):
        if get_origin(container) is list and isinstance(step, int):
            yield get_args(container)[0]
        if get_origin(container) is dict and isinstance(step, str):
            yield get_args(container)[1]


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    for part in _unwrapped(annotation):
        if isinstance(part, type) and issubclass(part, BaseModel):
            yield part


def _unwrapped(annotation: Any) -> Iterator[Any]:
    """Yield the annotation itself and the members of `X | None` and Annotated."""
    yield annotation
    if get_origin(annotation) not in (list, dict):
        for part in get_args(annotation):
            yield from _unwrapped(part)
