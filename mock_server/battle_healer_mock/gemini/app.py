"""The double as a FastAPI application: the paths of the service, and switches beside them."""

from __future__ import annotations

import asyncio
import json
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from battle_healer_mock.errors import BadInputError
from battle_healer_mock.gemini import asked
from battle_healer_mock.gemini.answers import Said
from battle_healer_mock.gemini.asked import Asked, RefusedError
from battle_healer_mock.gemini.double import LABEL, MODELS, Double, key_of, known, refusal
from battle_healer_mock.gemini.faults import Broken
from battle_healer_mock.wire import Wire

MOST_BYTES: Final = 1 << 20
_DROP_S: Final = 0.1


class SetBody(BaseModel):
    """What shall change; what is left out stays."""

    model_config = ConfigDict(extra="forbid")

    policy: str | None = Field(None, max_length=64, examples=["sensible", "obedient"])
    faults: str | None = Field(None, max_length=512, examples=["unavailable*2,hang"])


def build(double: Double) -> FastAPI:
    """The application that answers for `double`."""
    app = FastAPI(title="A double of the Gemini API", docs_url=None, redoc_url=None)
    _questions(app, double)
    _models(app, double)
    _switches(app, double)

    @app.exception_handler(BadInputError)
    async def on_bad_input(request: Request, error: BadInputError) -> Response:
        told = {"title": "Bad input", "status": 400, "detail": f"{error.what}. {error.fix}"}
        return JSONResponse(told, 400, media_type="application/problem+json")

    return app


def _questions(app: FastAPI, double: Double) -> None:
    @app.post("/{version}/decisions")
    async def create_decision(version: str, request: Request) -> Response:
        body = await request.body()

        def read() -> Asked:
            found = asked.decisions(_json(body))
            known(found.model)
            return found

        return _reply(double.answer("POST", _target(request), request.headers, body, read))

    @app.post("/{version}/models/{model}:generateContent")
    async def generate_content(version: str, model: str, request: Request) -> Response:
        body = await request.body()

        def read() -> Asked:
            known(model)
            timeout = request.headers.get("x-server-timeout")
            return asked.generation(model, _json(body), timeout)

        return _reply(double.answer("POST", _target(request), request.headers, body, read))


def _models(app: FastAPI, double: Double) -> None:
    @app.get("/{version}/models")
    async def list_models(version: str, request: Request) -> Response:
        double.note("GET", _target(request), request.headers, b"")
        try:
            key_of(request.headers)
        except RefusedError as refused:
            return _reply(refusal(refused))
        return JSONResponse({"models": [_model(name) for name in MODELS]}, headers=dict([LABEL]))

    @app.get("/{version}/models/{model}")
    async def get_model(version: str, model: str, request: Request) -> Response:
        double.note("GET", _target(request), request.headers, b"")
        try:
            key_of(request.headers)
            known(model)
        except RefusedError as refused:
            return _reply(refusal(refused))
        return JSONResponse(_model(model), headers=dict([LABEL]))


def _switches(app: FastAPI, double: Double) -> None:
    @app.get("/control")
    async def overview() -> dict[str, Any]:
        return double.status()

    @app.post("/control")
    async def change(body: SetBody) -> dict[str, Any]:
        double.set(body.policy, body.faults)
        return double.status()

    @app.get("/control/wire")
    async def wire() -> dict[str, Any]:
        return {"rows": [row.public() for row in double.wire]}

    @app.get("/healthz")
    async def health() -> dict[str, str]:
        return {"status": "up"}


def _json(body: bytes) -> object:
    if len(body) > MOST_BYTES:
        raise RefusedError(400, "INVALID_ARGUMENT", "Request payload size exceeds the limit.")
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise RefusedError(400, "INVALID_ARGUMENT", "Invalid JSON payload received.") from None


def _target(request: Request) -> str:
    query = f"?{request.url.query}" if request.url.query else ""
    return request.url.path + query


def _model(name: str) -> dict[str, Any]:
    methods = ["createDecision", "generateContent"]
    return {"name": f"models/{name}", "supportedGenerationMethods": methods}


def _reply(answer: Said | Broken) -> Response:
    if isinstance(answer, Broken):
        return _Break(answer)
    headers = dict([*answer.headers, LABEL])
    return Response(answer.body, answer.status, headers, answer.content_type)


class _Break(Response):
    """Does to the connection what a fault wants; a whole reply never comes."""

    def __init__(self, broken: Broken) -> None:
        super().__init__()
        self._broken = broken

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Write raw bytes, then end, drip or keep silent until the client is gone."""
        wire: Wire = scope["state"]["wire"]
        wire.write(self._broken.first)
        gone = asyncio.ensure_future(_until_gone(receive))
        try:
            await self._end(wire, gone)
            await gone
        finally:
            gone.cancel()

    async def _end(self, wire: Wire, gone: asyncio.Future[None]) -> None:
        match self._broken.end:
            case "reset":
                wire.rst()
            case "fin":
                wire.fin()
            case "silence":
                pass
            case "drip":
                head = b"" if self._broken.first else b"HTTP/1.1 200 OK\r\nx-drip: " + b"x" * 2000
                while not gone.done():
                    wire.write(head[:1] or b" ")
                    head = head[1:]
                    await asyncio.wait([gone], timeout=_DROP_S)


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
