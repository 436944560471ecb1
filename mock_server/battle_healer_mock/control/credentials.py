"""Tokens: handed out, refreshed, counted, and all made new."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request, Response
from fastapi.responses import JSONResponse

from battle_healer_mock.answer import Failure, retry_after
from battle_healer_mock.chance import text_digest
from battle_healer_mock.control.bodies import BudgetRequest, KeyRequest, RefreshRequest
from battle_healer_mock.control.replies import problem_reply
from battle_healer_mock.errors import BadInputError
from battle_healer_mock.state import State
from battle_healer_mock.tokens import TOKEN_TTL_S, Credential, Token, refresh_wait_s

Json = dict[str, Any]
_Authorization = Annotated[str | None, Header()]


class Credentials:
    """The endpoints about tokens, over one state."""

    def __init__(self, state: State) -> None:
        self._state = state

    def router(self) -> APIRouter:
        """Path and method of each endpoint."""
        api = APIRouter(tags=["credentials"])
        api.add_api_route("/generate-api-key", self.generate_api_key, methods=["POST"])
        api.add_api_route(
            "/refresh-token", self.refresh_token, methods=["POST"], response_model=None
        )
        api.add_api_route("/simulate-budget", self.read_budget, methods=["GET"])
        api.add_api_route("/simulate-budget", self.change_budget, methods=["POST"])
        api.add_api_route("/admin/reset-credentials", self.reset_credentials, methods=["POST"])
        return api

    async def generate_api_key(self, request: Request, body: KeyRequest) -> Json:
        """A token of its own credential; what it is depends on seed and user alone."""
        text, credential = self._state.tokens.issue(
            body.userId, body.provider, body.model, body.tier, tuple(body.scopes),
            now_s=self._state.clock.now(),
        )  # fmt: skip
        _note(request, text, credential)
        return self._issued(text, credential)

    async def refresh_token(self, request: Request, body: RefreshRequest) -> Response:
        """Another token for an old one; a fresh credential for a token nobody issued."""
        tokens, now_s = self._state.tokens, self._state.clock.now()
        old = body.token or body.previous_token
        if not old:
            raise BadInputError("no token", "token", "Send token or previous_token.")
        _note(request, old, None)
        _note_life(request, tokens.find(old), now_s)
        if tokens.state(old, now_s) == "revoked":
            return _oauth_error("invalid_grant", "The credential of this token was revoked.")
        token = tokens.find(old)
        if token is None:
            account = tokens.account_of(old)
            text, fresh = tokens.issue(account, body.provider, body.model, now_s=now_s)
            message = "The old token was never issued; this is a fresh credential."
            return JSONResponse(
                {**self._issued(text, fresh), "action": "issued", "message": message}
            )
        if (wait_s := refresh_wait_s(token.credential, now_s)) is not None:
            return _too_many(wait_s)
        text = tokens.refresh(token.credential, now_s)
        message = "The credential has a new token."
        return JSONResponse(
            {**self._issued(text, token.credential), "action": "refreshed", "message": message}
        )

    async def read_budget(
        self,
        token: Annotated[str | None, Query()] = None,
        authorization: _Authorization = None,
    ) -> Json:
        """The counters of a token."""
        return self._counters(self._found(token or _bearer(authorization)).credential)

    async def change_budget(
        self, request: Request, body: BudgetRequest, authorization: _Authorization = None
    ) -> Json:
        """Change the counters of a token; they never go below 0."""
        credential = self._found(body.token or _bearer(authorization)).credential
        credential.quota = max(0, credential.quota + body.quota_delta)
        credential.call_budget = max(0, credential.call_budget + body.call_budget_delta)
        return self._counters(credential)

    async def reset_credentials(self) -> Json:
        """Forget all issued credentials and make a fresh pool, one of each tier."""
        pool = self._state.reset_credentials()
        made = [self._issued(text, credential) for text, credential in pool]
        return {"status": "reset", "total_credentials": len(made), "credentials": made}

    def _issued(self, text: str, credential: Credential) -> Json:
        token = self._state.tokens.find(text)
        left_s = (token.expires_s if token else 0.0) - self._state.clock.now()
        return {
            "token": text,
            "provider": credential.provider,
            "model": credential.model,
            "status": "active",
            "scopes": list(credential.scopes),
            "ttl": int(TOKEN_TTL_S),
            "expires_in": max(0, int(left_s)),
            **self._counters(credential),
        }

    def _counters(self, credential: Credential) -> Json:
        limit = credential.daily_call_limit
        return {
            "credential_id": credential.id,
            "tier": credential.tier,
            "daily_call_limit": limit,
            "used_calls": credential.used_calls,
            "quotas": {"daily": {"limit": limit, "remaining": credential.quota}},
            "quota_remaining": credential.quota,
            "call_budget": credential.call_budget,
            "retry_budget": self._state.retry_budget if credential.issued else None,
        }

    def _found(self, text: str | None) -> Token:
        token = self._state.tokens.find(text)
        if token is None:
            fix = "Send a token that this server has issued."
            raise BadInputError("no such token", "token", fix)
        return token


def _note(request: Request, text: str, credential: Credential | None) -> None:
    """Let the journal row know which token this was about."""
    row = request.scope.get("state", {}).get("row")
    if row is not None:
        row.token = text_digest(text)
        row.credential = credential.id if credential else None


def _note_life(request: Request, token: Token | None, now_s: float) -> None:
    """Let the journal row know for how long a token to be refreshed was still good."""
    row = request.scope.get("state", {}).get("row")
    if row is not None and token is not None:
        row.life_s = max(0.0, token.expires_s - now_s)


def _bearer(authorization: str | None) -> str | None:
    scheme, _, text = (authorization or "").partition(" ")
    return text.strip() or None if scheme.lower() == "bearer" else None


def _oauth_error(code: str, description: str) -> Response:
    """Source: RFC 6749, section 5.2."""
    return JSONResponse({"error": code, "error_description": description}, 400)


def _too_many(wait_s: float) -> Response:
    return problem_reply(Failure(
        429, "too-many-refreshes", "Too many refreshes", "This credential is refreshed too often.",
        headers=(retry_after(wait_s),), members={"retry_after_seconds": round(wait_s, 3)},
    ))  # fmt: skip
