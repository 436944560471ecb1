"""The plain ASGI layer in front: what goes where; then the stages, or FastAPI."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final

from battle_healer_mock import refusals
from battle_healer_mock.answer import Answer, Failure, Lost, Outgoing, Page, Reply, Spoilt
from battle_healer_mock.arrival import arrive, arrive_aside, note_body
from battle_healer_mock.calls import valid_name
from battle_healer_mock.chance import text_digest
from battle_healer_mock.decoy import WELCOME
from battle_healer_mock.dialects import table as dialects
from battle_healer_mock.errors import BadInputError
from battle_healer_mock.exchange import Exchange
from battle_healer_mock.journal import Row
from battle_healer_mock.losing import lose
from battle_healer_mock.pipeline import decide
from battle_healer_mock.request import Request, Scope, read_request
from battle_healer_mock.sending import (
    Receive,
    Send,
    read_body,
    send_in_drops,
    send_reply,
    spell,
    spell_page,
)
from battle_healer_mock.state import State
from battle_healer_mock.wire import Wire
from battle_healer_mock.witness import note_fields, witness

App = Callable[[Scope, Receive, Send], Awaitable[None]]

MOST_BYTES: Final = 1 << 20
DRAINED_BYTES: Final = 32 << 20
PROTECTED_PATH: Final = "/external-api"
PROTECTED_METHODS: Final = ("GET", "POST")
# Other paths whose exchanges say something about a client.
JOURNALLED: Final = frozenset(
    {"/generate-api-key", "/refresh-token", "/simulate-budget", "/mock-response"}
)
_BROKEN: Final = (Lost, Spoilt)


class Front:
    """The ASGI application. `inner` answers everything but the protected API."""

    def __init__(self, state: State, inner: App) -> None:
        self._state = state
        self._inner = inner

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Serve one connection event; a request that is cut off leaves a closed row."""
        if scope["type"] != "http":
            return self._inner(scope, receive, send)
        try:
            request = read_request(scope)
        except BadInputError as error:
            return self._refuse(scope, receive, send, refusals.unknown_region(error))
        wire = _wire_of(scope)
        if wire is not None:
            wire.requests += 1
        if wire is not None and self._is_decoy(wire):
            return self._welcome(request, wire, receive, send)
        if request.route != PROTECTED_PATH:
            return self._pass_on(request, scope, receive, send)
        if request.method not in PROTECTED_METHODS:
            allowed = ", ".join(PROTECTED_METHODS)
            refusal = refusals.method_not_allowed(request.method, allowed)
            return self._refuse(scope, receive, send, refusal)
        return self._protected(request, wire, receive, send)

    async def _protected(
        self, request: Request, wire: Wire | None, receive: Receive, send: Send
    ) -> None:
        state = self._state
        x, refusal = arrive(state, request, wire)
        state.in_flight += 1
        try:
            if request.has_body:
                body = await read_body(receive, MOST_BYTES, DRAINED_BYTES)
                if body is None:
                    return
                self._take(x, body)
            if refusal is None and len(x.body) > MOST_BYTES:
                refusal = refusals.too_large(MOST_BYTES)
            # One synchronous step: nothing else happens on the server meanwhile.
            answer = refusal or decide(x)
            if x.delay_s:
                x.row.delay_ms = round(x.delay_s * 1000, 3)
                await state.clock.wait(x.delay_s)
            await self._answer(x, answer, receive, send)
        finally:
            state.in_flight -= 1
            _close(x, state)

    def _take(self, x: Exchange, body: bytes) -> None:
        """Time has passed since the request arrived: what it meets is what holds now."""
        x.body = body
        note_body(x.row, body)
        x.now_s = self._state.clock.now()
        x.row.credential_state = x.credential_state()

    def _answer(self, x: Exchange, answer: Answer, receive: Receive, send: Send) -> Awaitable[None]:
        if x.struck is not None:
            x.row.fault, x.row.cure = x.struck.fault.name, x.struck.fault.heals
        if isinstance(answer, _BROKEN):
            answer = self._broken(x, answer)
        if isinstance(answer, Lost):
            return self._lose(x, answer, receive)
        return self._reply(x, answer, send)

    async def _reply(self, x: Exchange, answer: Failure | Reply | Page, send: Send) -> None:
        row, now_s = x.row, self._state.clock.now()
        reply = self._spell(x, answer, now_s)
        row.answered = self._newest
        witness(row, answer, reply, now_s)
        if x.wire is not None and x.wire.is_lost:
            row.end = "client_gone"
            return
        if not x.gap_s:
            await send_reply(send, reply, x.request.method)
        elif not await self._drip(x, reply, send):
            return
        row.end = "complete"
        x.call.ended = x.call.ended or refusals.is_final(answer)

    def _broken(self, x: Exchange, answer: Lost | Spoilt) -> Lost | Failure:
        """What is written raw; without a socket to write to, an error that says so."""
        if x.wire is None:
            name = x.row.fault or "this fault"
            return Failure(
                501, "no-wire", "No connection", f"{name} needs a real socket.", told="maybe"
            )
        if isinstance(answer, Lost):
            return answer
        reply = self._spell(x, answer.reply, self._state.clock.now())
        x.row.status = reply.status
        return answer.spoil(reply)

    def _spell(self, x: Exchange, answer: Failure | Reply | Page, now_s: float) -> Outgoing:
        date = self._state.clock.http_date(now_s)
        if isinstance(answer, Page):
            return spell_page(answer, date)
        struck = x.struck.dialect if x.struck else None
        dialect = dialects.BY_NAME[struck] if struck else x.dialect
        x.row.dialect = dialect.name
        return spell(answer, dialect, date, x.row.correlation_id)

    async def _drip(self, x: Exchange, reply: Outgoing, send: Send) -> bool:
        """Send in drops; whether all of it was sent."""
        x.row.delay_ms += round(x.gap_s * len(reply.body) * 1000, 3)

        async def pause() -> bool:
            in_time = await self._state.clock.wait(x.gap_s)
            return in_time and not (x.wire is not None and x.wire.is_lost)

        return await send_in_drops(send, reply, pause)

    async def _lose(self, x: Exchange, lost: Lost, receive: Receive) -> None:
        x.row.told, x.row.end = lost.told, "complete" if lost.told == "yes" else "cut"
        x.row.t_headers, x.row.answered = self._state.clock.now(), self._newest
        x.call.ended = x.call.ended or lost.told == "yes"
        if x.wire is not None:
            await lose(x.wire, lost, self._state.clock, receive)

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

    @property
    def _newest(self) -> int:
        """Number of the newest row: what gets a higher one has arrived later than now."""
        return self._state.journal.count

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
            row.answered = self._newest

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


def _close(x: Exchange, state: State) -> None:
    """Close the row and let go of the key, whatever became of the exchange."""
    x.row.t_out = state.clock.now()
    if x.row.answered is None:
        x.row.answered = state.journal.count
    if x.body:
        note_fields(x.row, x.body)
    if x.row.end is None:
        x.row.end = "client_gone"
    if x.bound is not None:
        x.bound.running = False
