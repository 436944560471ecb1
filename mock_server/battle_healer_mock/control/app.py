"""The FastAPI application behind the front: its parts, its errors, its documents."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

from battle_healer_mock.answer import Failure
from battle_healer_mock.control import books, bodies, contract, switches
from battle_healer_mock.control.docs_page import page
from battle_healer_mock.control.openapi import document
from battle_healer_mock.dialects import problem
from battle_healer_mock.errors import BadInput, nearest_name
from battle_healer_mock.refusals import bad_input, method_not_allowed
from battle_healer_mock.state import State

# Told apart by their fields: the model whose field a misspelt name was meant for.
_CLOSED = (bodies.FaultBody, bodies.ScenarioBody, bodies.ClockBody)


def build(state: State) -> FastAPI:
    """The application that serves `state`."""
    app = FastAPI(title="battle-healer mock server", docs_url=None, redoc_url=None)
    app.include_router(contract.router(state))
    app.include_router(books.router(state))
    app.include_router(switches.router(state))
    app.openapi = lambda: document(app)  # type: ignore[method-assign]

    @app.get("/docs", include_in_schema=False)
    async def docs() -> HTMLResponse:
        return HTMLResponse(page(app.openapi()))

    @app.exception_handler(BadInput)
    async def on_bad_input(request: Request, error: BadInput) -> Response:
        return _respond(bad_input(error))

    @app.exception_handler(RequestValidationError)
    async def on_bad_body(request: Request, error: RequestValidationError) -> Response:
        return _respond(_bad_body(error.errors()))

    @app.exception_handler(HTTPException)
    async def on_http_error(request: Request, error: HTTPException) -> Response:
        return _respond(_http_error(app, request, error))

    return app


def _respond(failure: Failure) -> Response:
    content_type, body = problem.write(failure)
    headers = {name: value for name, value in failure.headers}
    return Response(body, failure.status, headers, content_type)


def _bad_body(errors: Sequence[Any]) -> Failure:
    """A 400 that names every item of a body that does not fit."""
    items = [_item(error) for error in errors]
    detail = " ".join(str(item["detail"]) for item in items)
    members: dict[str, object] = {"errors": items}
    for name in ("known", "nearest"):
        if name in items[0]:
            members[name] = items[0][name]
    return Failure(400, "bad-input", "Bad input", detail, members=members)


def _item(error: Any) -> dict[str, object]:
    path = [str(part) for part in error["loc"][1:]]
    where = "/".join(["", *path])
    item: dict[str, object] = {"pointer": where, "code": error["type"]}
    detail = f"{where or 'body'}: {error['msg']}."
    if error["type"] == "extra_forbidden":
        known = _siblings(path)
        near = nearest_name(path[-1], known)
        item |= {"known": known, "nearest": near}
        detail += f" Did you mean {near!r}?" if near else ""
        detail += f" Known: {', '.join(known)}."
    return item | {"detail": detail}


def _siblings(path: list[str]) -> list[str]:
    """The fields that the object at `path` may have: that of the model nearest to the name."""
    if path[0] == "faults":
        return list(bodies.FaultBody.model_fields)
    models = [list(model.model_fields) for model in _CLOSED]
    return next((names for names in models if nearest_name(path[-1], names)), models[1])


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


def routes_of(app: FastAPI) -> list[APIRoute]:
    """The documented routes of an application."""
    return [route for route in app.routes if isinstance(route, APIRoute)]
