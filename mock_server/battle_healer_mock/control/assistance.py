"""What helps a client in trouble: stand-in answers, and a place for its log."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Header, Query

from battle_healer_mock.control.bodies import LogEntry, MockRequest
from battle_healer_mock.state import State

Json = dict[str, Any]
_MOST_SHOWN: Final = 1_000
_DEEPEST: Final = 8
_EMPTY: Final[Json] = {
    "string": "",
    "integer": 0,
    "number": 0,
    "boolean": False,
    "array": [],
    "null": None,
}


class Assistance:
    """The endpoints over one state."""

    def __init__(self, state: State) -> None:
        self._state = state

    def router(self) -> APIRouter:
        """Path and method of each endpoint."""
        api = APIRouter(tags=["assistance"])
        api.add_api_route("/mock-response", self.mock_response, methods=["POST"])
        api.add_api_route("/log", self.log, methods=["POST"], status_code=202)
        api.add_api_route("/log", self.logs, methods=["GET"])
        api.add_api_route("/logs", self.logs, methods=["GET"])
        return api

    async def mock_response(self, body: MockRequest) -> Json:
        """A stand-in answer, labelled: what was cached, an example, or what a schema allows."""
        return stand_in(body)

    async def log(
        self, body: LogEntry, x_correlation_id: Annotated[str | None, Header()] = None
    ) -> Json:
        """Take a healing event of a client."""
        self._state.logs.add(
            {
                "event": body.event,
                "metadata": body.metadata,
                "correlation_id": body.metadata.get("correlation_id") or x_correlation_id,
                "at": self._state.clock.wall().isoformat(),
            }
        )
        return {"status": "accepted"}

    async def logs(
        self,
        correlation_id: str | None = None,
        limit: Annotated[int, Query(ge=1, le=_MOST_SHOWN)] = 100,
    ) -> Json:
        """The latest events, the oldest first."""
        found = [
            entry
            for entry in self._state.logs
            if correlation_id is None or entry["correlation_id"] == correlation_id
        ]
        return {"logs": found[-limit:], "dropped": self._state.logs.dropped}


def stand_in(body: MockRequest) -> Json:
    """The stand-in answer for a request, with the source it is made of."""
    cached = body.cached_payload if body.cached_payload is not None else body.payload
    if cached is not None:
        mock, degradation, source = cached, "stale", "cache"
    elif body.example_response is not None:
        mock, degradation, source = body.example_response, "mocked", "example"
    elif body.schema_hint is not None:
        mock, degradation, source = _from_schema(body.schema_hint, 0), "mocked", "schema"
    else:
        mock, degradation, source = {}, "mocked", "empty"
    return {"mock": mock, "degradation": degradation, "reason": body.reason, "source": source}


def _from_schema(schema: Any, depth: int) -> Any:
    """The plainest value that a schema's types allow; null where it says nothing."""
    if not isinstance(schema, dict) or depth > _DEEPEST:
        return None
    for word in ("const", "default"):
        if word in schema:
            return schema[word]
    for word in ("enum", "examples"):
        if isinstance(schema.get(word), list) and schema[word]:
            return schema[word][0]
    properties = schema.get("properties")
    if isinstance(properties, dict):
        return {name: _from_schema(part, depth + 1) for name, part in properties.items()}
    kind = schema.get("type")
    return _EMPTY.get(kind) if isinstance(kind, str) else None
