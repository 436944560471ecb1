"""The endpoints beside the protected API: tokens, budgets, stand-in answers, logs."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import JSONResponse

from battle_healer_mock.answer import Failure, retry_after
from battle_healer_mock.chance import digest
from battle_healer_mock.control.bodies import (
    BudgetRequest,
    KeyRequest,
    LogEntry,
    MockRequest,
    RefreshRequest,
)
from battle_healer_mock.dialects import problem
from battle_healer_mock.errors import BadInput
from battle_healer_mock.state import State
from battle_healer_mock.tokens import TOKEN_TTL_S, Credential, Token, refresh_wait_s

Json = dict[str, Any]
_LATEST = 1_000


def router(state: State) -> APIRouter:
    """The endpoints over one state."""
    api = APIRouter(tags=["contract"])

    @api.post("/generate-api-key")
    async def generate_api_key(request: Request, body: KeyRequest) -> Json:
        """A token of its own credential; what it is depends on seed and user alone."""
        text, credential = state.tokens.issue(
            body.userId, body.provider, body.model, body.tier, tuple(body.scopes),
            now_s=state.clock.now(),
        )  # fmt: skip
        _note(request, text, credential)
        return issued(state, text, credential)

    @api.post("/refresh-token")
    async def refresh_token(request: Request, body: RefreshRequest) -> JSONResponse:
        """Another token for an old one; a fresh credential for a token nobody issued."""
        old = body.token or body.previous_token
        if not old:
            raise BadInput("no token", "token", "Send token or previous_token.")
        now_s = state.clock.now()
        _note(request, old, None)
        if state.tokens.state(old, now_s) == "revoked":
            return _oauth_error("invalid_grant", "The credential of this token was revoked.")
        token = state.tokens.find(old)
        if token is None:
            account = state.tokens.account_of(old)
            text, credential = state.tokens.issue(account, body.provider, body.model, now_s=now_s)
            return JSONResponse(_refreshed(state, text, credential, "issued"))
        if (wait_s := refresh_wait_s(token.credential, now_s)) is not None:
            return _too_many(wait_s)
        text = state.tokens.refresh(token.credential, now_s)
        return JSONResponse(_refreshed(state, text, token.credential, "refreshed"))

    @api.get("/simulate-budget")
    async def read_budget(
        token: Annotated[str | None, Query()] = None,
        authorization: Annotated[str | None, Header()] = None,
    ) -> Json:
        """The counters of a token."""
        return _counters(state, _found(state, token or _bearer(authorization)).credential)

    @api.post("/simulate-budget")
    async def change_budget(
        request: Request,
        body: BudgetRequest,
        authorization: Annotated[str | None, Header()] = None,
    ) -> Json:
        """Change the counters of a token; they never go below 0."""
        credential = _found(state, body.token or _bearer(authorization)).credential
        credential.quota = max(0, credential.quota + body.quota_delta)
        credential.call_budget = max(0, credential.call_budget + body.call_budget_delta)
        return _counters(state, credential)

    @api.post("/mock-response")
    async def mock_response(body: MockRequest) -> Json:
        """A stand-in answer, labelled: what was cached, an example, or what a schema allows."""
        return stand_in(body)

    @api.post("/log", status_code=202)
    async def log(body: LogEntry, x_correlation_id: Annotated[str | None, Header()] = None) -> Json:
        """Take a healing event of a client."""
        correlation_id = body.metadata.get("correlation_id") or x_correlation_id
        at = state.clock.wall().isoformat()
        state.logs.append(
            {"event": body.event, "metadata": body.metadata, "correlation_id": correlation_id,
             "at": at}
        )  # fmt: skip
        return {"status": "accepted"}

    @api.get("/log")
    @api.get("/logs")
    async def logs(
        correlation_id: str | None = None,
        limit: Annotated[int, Query(ge=1, le=_LATEST)] = 100,
    ) -> Json:
        """The latest events, the oldest first."""
        found = [
            entry for entry in state.logs
            if correlation_id is None or entry["correlation_id"] == correlation_id
        ]  # fmt: skip
        return {"logs": found[-limit:]}

    @api.post("/admin/reset-credentials")
    async def reset_credentials() -> Json:
        """Forget all issued credentials and make a fresh pool, one of each tier."""
        pool = state.reset_credentials()
        made = [issued(state, text, credential) for text, credential in pool]
        return {"status": "reset", "total_credentials": len(made), "credentials": made}

    return api


def issued(state: State, text: str, credential: Credential) -> Json:
    """What is said of a token when it is handed out."""
    token = state.tokens.find(text)
    left_s = (token.expires_s if token else 0) - state.clock.now()
    return {
        "token": text,
        "credential_id": credential.id,
        "provider": credential.provider,
        "model": credential.model,
        "status": "active",
        "tier": credential.tier,
        "scopes": list(credential.scopes),
        "ttl": int(TOKEN_TTL_S),
        "expires_in": max(0, int(left_s)),
        **_counters(state, credential),
    }


def _counters(state: State, credential: Credential) -> Json:
    return {
        "credential_id": credential.id,
        "tier": credential.tier,
        "daily_call_limit": credential.daily_call_limit,
        "used_calls": credential.used_calls,
        "quotas": {"daily": {"limit": credential.daily_call_limit, "remaining": credential.quota}},
        "quota_remaining": credential.quota,
        "call_budget": credential.call_budget,
        "retry_budget": state.retry_budget if credential.issued else None,
    }


def _refreshed(state: State, text: str, credential: Credential, action: str) -> Json:
    message = {
        "issued": "The old token was never issued; this is a fresh credential.",
        "refreshed": "The credential has a new token.",
    }[action]
    return {**issued(state, text, credential), "action": action, "message": message}


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


_EMPTY: Json = {
    "string": "",
    "integer": 0,
    "number": 0,
    "boolean": False,
    "array": [],
    "null": None,
}
_DEEPEST = 8


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


def _note(request: Request, text: str, credential: Credential | None) -> None:
    """Let the journal row know which token this was about."""
    row = request.scope.get("state", {}).get("row")
    if row is not None:
        row.token = digest(text)
        row.credential = credential.id if credential else None


def _bearer(authorization: str | None) -> str | None:
    scheme, _, text = (authorization or "").partition(" ")
    return text.strip() or None if scheme.lower() == "bearer" else None


def _found(state: State, text: str | None) -> Token:
    token = state.tokens.find(text)
    if token is None:
        raise BadInput("no such token", "token", "Send a token that this server has issued.")
    return token


def _oauth_error(code: str, description: str) -> JSONResponse:
    """Source: RFC 6749, section 5.2."""
    return JSONResponse({"error": code, "error_description": description}, 400)


def _too_many(wait_s: float) -> JSONResponse:
    failure = Failure(
        429, "too-many-refreshes", "Too many refreshes", "This credential is refreshed too often.",
        headers=(retry_after(wait_s),), members={"retry_after_seconds": round(wait_s, 3)},
    )  # fmt: skip
    content_type, body = problem.write(failure)
    reply = JSONResponse(None, 429, dict(failure.headers), content_type)
    reply.body = body
    reply.headers["content-length"] = str(len(body))
    return reply
