"""The server's books, to be read: ledger, journal, schemas, health; and a clean start."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from typing import Any, Final, Protocol

from fastapi import APIRouter, Response
from fastapi.responses import StreamingResponse

from battle_healer_mock.errors import unknown_name
from battle_healer_mock.json_text import json_bytes
from battle_healer_mock.schemas import PUBLISHED
from battle_healer_mock.state import State

Json = dict[str, Any]
_JSON: Final = "application/json"
_AT_ONCE: Final = 100


class Shown(Protocol):
    """Something that a list shows."""

    def as_json(self) -> Json:
        """As it is shown."""


def router(state: State) -> APIRouter:
    """The books of one state."""
    api = APIRouter(tags=["books"])

    @api.get("/ledger")
    async def ledger() -> Response:
        """What took effect, in order: `{effects: [...], total, dropped}`."""
        return _list("effects", tuple(state.ledger.effects), state.ledger.summary())

    @api.get("/journal")
    async def journal(canonical: bool = False) -> Response:
        """Every exchange in order of arrival; `canonical=1`: by call, without what varies."""
        return _canonical(state) if canonical else _rows(state)

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


def _canonical(state: State) -> Response:
    return Response(json_bytes(state.journal.canonical()), media_type=_JSON)


def _rows(state: State) -> Response:
    return _list("rows", tuple(state.journal.rows), state.journal.summary())


def _list(name: str, items: Sequence[Shown], summary: Json) -> Response:
    return StreamingResponse(_parts(name, items, summary), media_type=_JSON)


async def _parts(name: str, items: Sequence[Shown], summary: Json) -> AsyncIterator[bytes]:
    """An object with a long list in it, piece by piece: 100,000 rows are 100 MB of text.

    A piece takes some milliseconds, and other exchanges come in between.
    """
    yield b'{"%s":[' % name.encode()
    for start in range(0, len(items), _AT_ONCE):
        piece = json_bytes([item.as_json() for item in items[start : start + _AT_ONCE]])
        yield (b"," if start else b"") + piece[1:-1]
        await asyncio.sleep(0)
    yield b"]," + json_bytes(summary)[1:]
