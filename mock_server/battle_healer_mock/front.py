"""The plain ASGI layer in front: what goes where; then the stages, or FastAPI."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final

from battle_healer_mock import protected, refusals
from battle_healer_mock.answer import Failure, Outgoing
from battle_healer_mock.arrival import arrive_aside
from battle_healer_mock.calls import valid_name
from battle_healer_mock.chance import text_digest
from battle_healer_mock.decoy import WELCOME
from battle_healer_mock.dialects import table as dialects
from battle_healer_mock.errors import BadInputError
from battle_healer_mock.journal import Row
from battle_healer_mock.request import Request, Scope, read_request
from battle_healer_mock.sending import (
    DRAINED_BYTES,
    MOST_BYTES,
    Receive,
    Rest,
    Send,
    read_body,
    send_reply,
    spell,
)
from battle_healer_mock.state import State
from battle_healer_mock.wire import Wire

App = Callable[[Scope, Receive, Send], Awaitable[None]]

# Other paths whose exchanges say something about a client.
JOURNALLED: Final = frozenset(
    {"/generate-api-key", "/refresh-token", "/simulate-budget", "/mock-response"}
)


class Front:
    """The ASGI application. `inner` answers everything but the protected API."""

    def __init__(self, state: State, inner: App) -> None:
        self._state = state
        self._inner = inner
        self._protected = protected.Protected(state)

    def at_once(self, request: Request, body: bytes, wire: Wire) -> Outgoing | Rest | None:
        """Answer a request that came whole, if it is the protected API's; see `Protected`.

        None for what goes the way of ASGI. Nothing has happened then.
        """
        is_protected = request.route == protected.PATH and request.method in protected.METHODS
        if not is_protected or self._is_decoy(wire):
            return None
        wire.requests += 1
        return self._protected.at_once(request, body, wire)

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Serve one connection event; a request that is cut off leaves a closed row."""
        if scope["type"] != "http":
            return self._inner(scope, receive, send)
        rest: Rest | None = scope.get("state", {}).get("rest")
        return rest(receive, send) if rest else self._begin(scope, receive, send)

    def _begin(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        try:
            request = read_request(scope)
        except BadInputError as error:
            return self._refuse(scope, receive, send, refusals.unknown_region(error))
        wire = _wire_of(scope)
        if wire is not None:
            wire.requests += 1
        if wire is not None and self._is_decoy(wire):
            return self._welcome(request, wire, receive, send)
        if request.route != protected.PATH:
            return self._pass_on(request, scope, receive, send)
        if request.method not in protected.METHODS:
            allowed = ", ".join(protected.METHODS)
            refusal = refusals.method_not_allowed(request.method, allowed)
            return self._refuse(scope, receive, send, refusal)
        return self._protected.stream(request, wire, receive, send)

    def _is_decoy(self, wire: Wire) -> bool:
        return self._state.decoy is not None and wire.port == self._state.decoy.port

    async def _welcome(self, request: Request, wire: Wire, receive: Receive, send: Send) -> None:
        """Note down what a client brings to an origin that it has no business with."""
        body = await read_body(receive, MOST_BYTES, DRAINED_BYTES)
        row = arrive_aside(self._state, request, wire, body or b"")
        row.kind, row.told = "decoy", WELCOME.told
        row.token = text_digest(request.bearer) if request.bearer else None
        reply = spell(WELCOME, dialects.DEFAULT, self._state.clock.http_date(), None)
        row.status, row.t_headers = reply.status, row.t_in
        await send_reply(send, reply, request.method)
        row.end, row.t_out = "complete", self._state.clock.now()

    async def _pass_on(self, request: Request, scope: Scope, receive: Receive, send: Send) -> None:
        """Let FastAPI answer, with a body that is bounded and a date by the server's clock."""
        body = await read_body(receive, MOST_BYTES, DRAINED_BYTES)
        if body is None:
            return
        row = self._aside(request, scope, body)
        if len(body) > MOST_BYTES:
            await self._refuse(scope, receive, send, refusals.too_large(MOST_BYTES))
            return
        state = {**scope.get("state", {}), "row": row, "region": request.region}
        inner = {**scope, "path": request.route, "raw_path": request.route.encode(), "state": state}
        extra = [(b"date", self._state.clock.http_date()), *_echo(request)]

        async def dated(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message.get("headers", []), *extra]}
                if row is not None:
                    row.status, row.t_headers = message["status"], self._state.clock.now()
            await send(message)

        await self._inner(inner, _whole_first(body, receive), dated)
        if row is not None:
            row.end, row.t_out = "complete", self._state.clock.now()
            row.answered = self._state.journal.count

    def _aside(self, request: Request, scope: Scope, body: bytes) -> Row | None:
        if request.route not in JOURNALLED:
            return None
        return arrive_aside(self._state, request, _wire_of(scope), body)

    async def _refuse(self, scope: Scope, receive: Receive, send: Send, refusal: Failure) -> None:
        reply = spell(refusal, dialects.DEFAULT, self._state.clock.http_date(), None)
        await send_reply(send, reply, scope["method"])


def _whole_first(body: bytes, receive: Receive) -> Receive:
    """Gives the body that was read, and after that what the connection gives."""
    whole: list[MutableMapping[str, Any]] = [{"type": "http.request", "body": body}]

    async def receive_next() -> MutableMapping[str, Any]:
        return whole.pop() if whole else await receive()

    return receive_next


def _echo(request: Request) -> list[tuple[bytes, bytes]]:
    name = valid_name(request.headers.get("x-correlation-id"))
    return [(b"x-correlation-id", name.encode())] if name else []


def _wire_of(scope: Scope) -> Wire | None:
    wire: Wire | None = scope.get("state", {}).get("wire")
    return wire
