"""The FastAPI application behind the front: its parts, its errors, its documents."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from battle_healer_mock.answer import Failure
from battle_healer_mock.control import bodies, books, verdicts
from battle_healer_mock.control.assistance import Assistance
from battle_healer_mock.control.credentials import Credentials
from battle_healer_mock.control.docs_page import page
from battle_healer_mock.control.openapi import document
from battle_healer_mock.control.replies import problem_reply
from battle_healer_mock.control.switches import Switches
from battle_healer_mock.errors import BadInputError, nearest_name
from battle_healer_mock.refusals import bad_input, method_not_allowed
from battle_healer_mock.state import State

# What each path of the control API takes, to list the names that would have been right.
_TAKES: Final[dict[str, type[BaseModel]]] = {
    "/control/faults": bodies.FaultBody,
    "/control/scenario": bodies.ScenarioBody,
    "/control/clock": bodies.ClockBody,
}


def build(state: State) -> FastAPI:
    """The application that serves `state`."""
    app = FastAPI(title="battle-healer mock server", docs_url=None, redoc_url=None)
    app.include_router(Credentials(state).router())
    app.include_router(Assistance(state).router())
    app.include_router(books.router(state))
    app.include_router(verdicts.router(state))
    app.include_router(Switches(state).router())
    app.openapi = lambda: document(app)  # type: ignore[method-assign] # as FastAPI's docs say

    @app.get("/docs", include_in_schema=False)
    async def docs() -> HTMLResponse:
        return HTMLResponse(page(app.openapi()))

    @app.exception_handler(BadInputError)
    async def on_bad_input(request: Request, error: BadInputError) -> Response:
        return problem_reply(bad_input(error))

    @app.exception_handler(RequestValidationError)
    async def on_bad_body(request: Request, error: RequestValidationError) -> Response:
        return problem_reply(_bad_body(request.url.path, error.errors()))

    @app.exception_handler(HTTPException)
    async def on_http_error(request: Request, error: HTTPException) -> Response:
        return problem_reply(_http_error(app, request, error))

    return app


def _bad_body(route: str, errors: Sequence[Any]) -> Failure:
    """A 400 that names every item of a body that does not fit."""
    items = [_item(route, error) for error in errors]
    detail = " ".join(str(item["detail"]) for item in items)
    members: dict[str, object] = {"errors": items}
    for name in ("known", "nearest"):
        if name in items[0]:
            members[name] = items[0][name]
    return Failure(400, "bad-input", "Bad input", detail, members=members)


def _item(route: str, error: Any) -> dict[str, object]:
    path = [str(part) for part in error["loc"][1:]]
    where = "/".join(["", *path])
    item: dict[str, object] = {"pointer": where, "code": error["type"]}
    detail = f"{where or 'body'}: {error['msg']}."
    if error["type"] == "extra_forbidden":
        known = _siblings(route, path)
        near = nearest_name(path[-1], known)
        item |= {"known": known, "nearest": near}
        detail += f" Did you mean {near!r}?" if near else ""
        detail += f" Known: {', '.join(known)}."
    return item | {"detail": detail}


def _siblings(route: str, path: list[str]) -> list[str]:
    """The fields that the object at `path` of the route's body may have."""
    model = bodies.FaultBody if len(path) > 1 else _TAKES.get(route, bodies.ScenarioBody)
    return list(model.model_fields)


def _http_error(app: FastAPI, request: Request, error: HTTPException) -> Failure:
    if error.status_code == 405:  # noqa: PLR2004 - method not allowed
        return method_not_allowed(request.method, (error.headers or {}).get("Allow", ""))
    if error.status_code != 404:  # noqa: PLR2004 - not found
        return Failure(error.status_code, "http-error", "Error", str(error.detail))
    known = sorted({str(path) for path in app.openapi()["paths"]})
    near = nearest_name(request.url.path, known)
    hint = f" Did you mean {near}?" if near else ""
    return Failure(
        404, "not-found", "Not found", f"{request.url.path[:200]} is no path here.{hint}",
        members={"known": known, "nearest": near},
    )  # fmt: skip
