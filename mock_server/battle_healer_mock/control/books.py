"""The server's books, to be read: ledger, journal, schemas, health; and a clean start."""

from __future__ import annotations

import json
from typing import Any

from fastapi import APIRouter, Response

from battle_healer_mock.errors import unknown_name
from battle_healer_mock.schemas import PUBLISHED
from battle_healer_mock.state import State

Json = dict[str, Any]


def router(state: State) -> APIRouter:
    """The books of one state."""
    api = APIRouter(tags=["books"])

    @api.get("/ledger")
    async def ledger() -> Response:
        """What took effect, in order: `{effects: [...], total, dropped}`."""
        return _json(state.ledger.as_json())

    @api.get("/journal")
    async def journal(canonical: bool = False) -> Response:
        """Every exchange in order of arrival; `canonical=1`: by call, without what varies."""
        return _json(state.journal.canonical() if canonical else state.journal.as_json())

    @api.post("/reset")
    async def reset() -> Json:
        """All of it new: tokens, calls, keys, ledger, journal, regions, faults, scenario."""
        state.reset()
        return {"status": "reset"}

    @api.get("/schemas/{name}.json")
    async def schema(name: str) -> Response:
        """The JSON Schemas of the protected API."""
        if name not in PUBLISHED:
            raise unknown_name("schema", name, "path", PUBLISHED)
        return Response(json.dumps(PUBLISHED[name]), media_type="application/schema+json")

    @api.get("/healthz")
    async def healthz() -> Json:
        """Whether the server runs."""
        return {"status": "ok"}

    @api.get("/readyz")
    async def readyz() -> Json:
        """Whether the server takes requests."""
        return {"status": "ready"}

    return api


def _json(value: Json) -> Response:
    return Response(json.dumps(value), media_type="application/json")
