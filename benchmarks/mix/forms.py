"""One error in the four forms that an API may write it in."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class Error:
    """What an API wants to say. renamed: the old name of a field → its name today."""

    status: int
    code: str
    message: str
    renamed: Mapping[str, str] | None = None


Written = tuple[str, bytes]
"""Content type and body."""


def _json(media_type: str, value: Mapping[str, Any]) -> Written:
    return media_type, json.dumps(value).encode()


def _nested(error: Error) -> Written:
    inner: dict[str, Any] = {"type": error.code, "code": error.code, "message": error.message}
    if error.renamed:
        inner["details"] = [
            {"field": old, "issue": "unknown_field", "suggestion": new}
            for old, new in error.renamed.items()
        ]
    return _json("application/json", {"error": inner})


def _problem(error: Error) -> Written:
    problem: dict[str, Any] = {
        "type": f"https://errors.example/{error.code.replace('_', '-')}",
        "title": error.message,
        "status": error.status,
        "detail": error.message,
    }
    if error.renamed:
        problem["errors"] = [
            {"pointer": f"#/{old}", "detail": f"unknown field, renamed to '{new}'"}
            for old, new in error.renamed.items()
        ]
    return _json("application/problem+json", problem)


def _fastapi(error: Error) -> Written:
    if not error.renamed:
        return _json("application/json", {"detail": error.message})
    detail: list[dict[str, Any]] = []
    for old, new in error.renamed.items():
        detail.append({"type": "missing", "loc": ["body", new], "msg": "Field required"})
        extra = "Extra inputs are not permitted"
        detail.append({"type": "extra_forbidden", "loc": ["body", old], "msg": extra})
    return _json("application/json", {"detail": detail})


def _plain(error: Error) -> Written:
    lines = [error.message]
    for old, new in (error.renamed or {}).items():
        lines.append(f"Unknown field '{old}', use '{new}' instead.")
    return "text/plain; charset=utf-8", "\n".join(lines).encode()


WRITERS: Final[Mapping[str, Callable[[Error], Written]]] = {
    "nested": _nested,
    "problem": _problem,
    "fastapi": _fastapi,
    "plain": _plain,
}
