"""`{"data": …, "errors": [{"message": …, "extensions": {"code": …}}]}`, mostly under 200."""

from __future__ import annotations

from typing import Any, Final

from battle_healer.diagnosis.exchange import Exchange
from battle_healer.diagnosis.finding import Finding, Reader
from battle_healer.diagnosis.members import blames_in, texts
from battle_healer.diagnosis.soft import status_in, user_errors

_MARKS: Final = ("extensions", "locations")


def _read(x: Exchange) -> Finding | None:
    body = x.object
    named = user_errors(body)
    if named:
        return Finding(
            codes=("validation_error",),
            prose=tuple(
                t for e in named[:20] if isinstance(e, dict) for t in texts(e, ("message",))
            ),
            blames=blames_in(named),
            evidence=("/data",),
        )
    errors = body.get("errors")
    if not isinstance(errors, list) or not _is_graphql(body, errors):
        return None
    items = [error for error in errors[:20] if isinstance(error, dict)]
    return Finding(
        codes=tuple(code for error in items for code in _codes(error)),
        prose=tuple(text for error in items for text in texts(error, ("message",))),
        status=next(filter(None, map(_status, items)), None),
        partly=_holds_something(body.get("data")),
        evidence=("/errors",),
    )


def _is_graphql(body: Any, errors: list[Any]) -> bool:
    marked = any(isinstance(e, dict) and any(m in e for m in _MARKS) for e in errors)
    return bool(errors) and ("data" in body or marked)


def _codes(error: dict[str, Any]) -> tuple[str, ...]:
    extensions = error.get("extensions")
    own = texts(extensions, ("code", "classification")) if isinstance(extensions, dict) else ()
    return (*own, *texts(error, ("type", "code")))


def _status(error: dict[str, Any]) -> int | None:
    """The status that an error would have had, in its extensions or their `http` member."""
    extensions = error.get("extensions")
    if not isinstance(extensions, dict):
        return None
    http = extensions.get("http")
    return (status_in(http) if isinstance(http, dict) else None) or status_in(extensions)


def _holds_something(data: Any) -> bool:
    """Whether some field of the answer is there: then some of the work was done."""
    return isinstance(data, dict) and any(value is not None for value in data.values())


ROW: Final = Reader(
    "graphql",
    "a GraphQL response with errors",
    "GraphQL specification, 7.1 Response Format; GraphQL over HTTP",
    _read,
)
