"""`{"errors": {"title": ["can't be blank"]}}`, or the same map as the whole body."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from battle_healer.diagnosis.exchange import Exchange
from battle_healer.diagnosis.finding import Blame, Finding, Reader
from battle_healer.diagnosis.members import blames_in, texts

_REFUSED: Final = frozenset({400, 409, 422})
# What stands for the whole body, not for a field of it.
_WHOLE: Final = frozenset({"non_field_errors", "__all__", "base", "_schema", "detail", ""})


def _read(x: Exchange) -> Finding | None:
    body = x.object
    errors = body.get("errors")
    if isinstance(errors, dict) and errors:
        return _finding(blames_in(errors), texts(body, ("message", "title")), "/errors")
    if x.status in _REFUSED and body and all(_is_said(value) for value in body.values()):
        return _finding(blames_in(body), (), "")
    return None


def _finding(blames: tuple[Blame, ...], prose: tuple[str, ...], at: str) -> Finding:
    named = tuple(blame for blame in blames if blame.name not in _WHOLE)
    return Finding(
        codes=("validation_error",),
        prose=(*prose, *(blame.text for blame in blames)),
        blames=named,
        evidence=(at,),
    )


def _is_said(value: Any, depth: int = 6) -> bool:
    """Lists of sentences, maps of such, and lists in which each item of a list has its map."""
    if isinstance(value, Mapping):
        return depth > 0 and bool(value) and all(_is_said(v, depth - 1) for v in value.values())
    if not isinstance(value, list) or not value:
        return False
    if all(isinstance(item, str) for item in value):
        return True
    return depth > 0 and all(item == {} or _is_said(item, depth - 1) for item in value)


ROW: Final = Reader(
    "field_errors",
    "a map of errors by field",
    "Rails, ActiveModel::Errors; Django REST framework, ValidationError",
    _read,
)
