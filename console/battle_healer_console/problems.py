"""Errors as problem details: one table. Source: RFC 9457."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from battle_healer.errors import HealerError
from battle_healer.text import nearest, safe
from battle_healer_console.asgi import Send
from battle_healer_console.errors import (
    LargeRequestError,
    NotJsonError,
    StrangerError,
    UnknownPauseError,
)
from battle_healer_replay.errors import (
    ForbiddenError,
    KeyReusedError,
    QueueError,
    RefusedError,
    TooLargeError,
    UnknownEntryError,
)

_log: Final = logging.getLogger("battle_healer")
_TYPES: Final = "https://healer.invalid/problems/"
_RETRY_AFTER_S: Final = 2


@dataclass(frozen=True, slots=True)
class Problem:
    """One row. error: of ours. name: the end of its `type`. when: for the OpenAPI document.

    again: the same may work later, and Retry-After says when. always: any operation may answer it.
    """

    error: type[HealerError]
    status: int
    name: str
    when: str
    again: bool = False
    always: bool = False


PROBLEMS: Final = (
    Problem(UnknownEntryError, 404, "unknown-entry", "No entry has that id."),
    Problem(UnknownPauseError, 404, "unknown-pause", "Nothing of that name is paused."),
    Problem(ForbiddenError, 409, "forbidden-transition", "It cannot go that way from its state."),
    Problem(KeyReusedError, 409, "key-reused", "The key belongs to another request."),
    Problem(TooLargeError, 413, "too-large", "The body is larger than what may be kept."),
    Problem(LargeRequestError, 413, "too-large", "The request is larger than any kept one."),
    Problem(NotJsonError, 415, "not-json", "The body does not say that it is JSON."),
    Problem(RefusedError, 422, "refused", "It must not be kept, as its URL or a name is."),
    Problem(
        StrangerError, 403, "not-from-here", "A web page, or a Host that is elsewhere.", always=True
    ),
    # Whatever else ails the queue: locked, full, gone, read-only, of another version.
    Problem(
        QueueError,
        503,
        "queue-unavailable",
        "Nothing was kept or changed.",
        again=True,
        always=True,
    ),
)
"""The first row that fits an error, by its class."""

MEDIA: Final = "application/problem+json"

INVALID: Final = "A field or a filter does not fit; `errors` names each."


def add_handlers(app: FastAPI) -> None:
    """Let every error of the application be a problem."""

    @app.exception_handler(HealerError)
    async def on_error(request: Request, error: HealerError) -> Response:
        return _reply(*_of(error, request.url.path))

    @app.exception_handler(RequestValidationError)
    async def on_validation(request: Request, error: RequestValidationError) -> Response:
        return _reply(*_invalid(request.url.path, error.errors()))

    @app.exception_handler(HTTPException)
    async def on_http(request: Request, error: HTTPException) -> Response:
        what = HTTPStatus(error.status_code).phrase
        fix = nearest(request.url.path, app.openapi()["paths"])
        members = _members("http", error.status_code, f"{what}. {fix}", request.url.path)
        return _reply(members, dict(error.headers or {}))

    @app.exception_handler(Exception)
    async def on_fault(request: Request, error: Exception) -> Response:
        _log.error("a fault of the queue's API", exc_info=error)
        what = "A fault of battle-healer itself; its log has the trace."
        return _reply(_members("fault", 500, what, request.url.path), {})


async def send_problem(send: Send, error: HealerError, path: str) -> None:
    """Send a problem without the application."""
    members, headers = _of(error, path)
    body = json.dumps(members).encode()
    fields = {"content-type": MEDIA, "content-length": str(len(body)), "connection": "close"}
    raw = [(name.lower().encode(), value.encode()) for name, value in (fields | headers).items()]
    await send({"type": "http.response.start", "status": members["status"], "headers": raw})
    await send({"type": "http.response.body", "body": body})


def responses(*errors: type[HealerError]) -> dict[int | str, dict[str, Any]]:
    """What an operation may answer beside success, for the OpenAPI document."""
    rows = [row for row in PROBLEMS if row.always or row.error in errors]
    told: dict[int | str, dict[str, Any]] = {}
    for row in rows:
        example = _members(row.name, row.status, row.when, "/queue-failed")
        said = {"description": row.when, "content": {MEDIA: {"example": example}}}
        told.setdefault(row.status, said)
    example = _members("invalid", 422, "1 error.", "/queue-failed")
    told.setdefault(422, {"description": INVALID, "content": {MEDIA: {"example": example}}})
    return told


def _of(error: HealerError, path: str) -> tuple[dict[str, Any], dict[str, str]]:
    row = next((row for row in PROBLEMS if isinstance(error, row.error)), None)
    if row is None:
        return _members("bad-input", 400, f"{error.what}. {error.fix}", path), {}
    members = _members(row.name, row.status, f"{error.what}. {error.fix}", path)
    members |= {"where": error.where, "fix": error.fix}
    return members, {"Retry-After": str(_RETRY_AFTER_S)} if row.again else {}


def _invalid(path: str, errors: Sequence[Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """A 400 for what is no JSON at all, else a 422 that names every item."""
    items = [
        {"pointer": _pointer(error["loc"]), "code": error["type"], "detail": safe(error["msg"])}
        for error in errors
    ]
    status = 400 if any(item["code"] == "json_invalid" for item in items) else 422
    detail = "; ".join(f"{item['pointer']}: {item['detail']}" for item in items[:5])
    return _members("invalid", status, detail, path) | {"errors": items}, {}


def _pointer(place: Sequence[Any]) -> str:
    """Where an error is: a JSON Pointer into the body, or the name of a query parameter."""
    part, *names = (safe(str(name)) for name in place)
    if part != "body":
        return f"{part}: {'/'.join(names)}"
    at_character = bool(place[1:]) and isinstance(place[1], int)
    return f"character {names[0]}" if at_character else "/" + "/".join(names)


def _members(name: str, status: int, detail: str, path: str) -> dict[str, Any]:
    return {
        "type": f"{_TYPES}{name}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "instance": safe(path),
    }


def _reply(members: dict[str, Any], headers: dict[str, str]) -> Response:
    return Response(json.dumps(members), members["status"], headers, MEDIA)
