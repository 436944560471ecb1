"""The plain ASGI layer in front: region, call, trigger, journal; then stages or FastAPI."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final

from battle_healer_mock import refusals
from battle_healer_mock.answer import Answer, Failure, Lost, Outgoing, Page, Reply, Spoilt
from battle_healer_mock.calls import identify, valid_name
from battle_healer_mock.chance import digest, text_digest
from battle_healer_mock.decoy import WELCOME
from battle_healer_mock.dialects import table as dialects
from battle_healer_mock.dialects.dialect import Dialect
from battle_healer_mock.errors import BadInputError, unknown_name
from battle_healer_mock.exchange import Exchange
from battle_healer_mock.journal import Row
from battle_healer_mock.keys import read_key
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
from battle_healer_mock.trigger import Trigger, TriggerError, join, parse
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
# What a resend must not lose; recorded so that it can be seen to.
_CARRIED: Final = ("content-type", "accept", "traceparent", "x-correlation-id")


class Front:
    """The ASGI application. `inner` answers everything but the protected API."""

    def __init__(self, state: State, inner: App) -> None:
        self._state = state
        self._inner = inner

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection event; a request that is cut off leaves a closed row."""
        if scope["type"] != "http":
            await self._inner(scope, receive, send)
            return
        try:
            request = read_request(scope)
        except BadInputError as error:
            await self._refuse(scope, receive, send, refusals.unknown_region(error))
            return
        wire = _wire_of(scope)
        if wire is not None:
            wire.requests += 1
        if wire is not None and self._is_decoy(wire):
            await self._welcome(request, scope, receive, send)
        elif request.route != PROTECTED_PATH:
            await self._pass_on(request, scope, receive, send)
        elif request.method not in PROTECTED_METHODS:
            allowed = ", ".join(PROTECTED_METHODS)
            refusal = refusals.method_not_allowed(request.method, allowed)
            await self._refuse(scope, receive, send, refusal)
        else:
            await self._protected(request, scope, receive, send)

    async def _protected(
        self, request: Request, scope: Scope, receive: Receive, send: Send
    ) -> None:
        x, refusal = self._arrive(request, scope)
        self._state.in_flight += 1
        try:
            body = await read_body(receive, MOST_BYTES, DRAINED_BYTES)
            if body is None:
                return
            x.body = body
            x.row.body, x.row.body_bytes = digest(body), len(body)
            if refusal is None and len(body) > MOST_BYTES:
                refusal = refusals.too_large(MOST_BYTES)
            answer = refusal or self._decide(x)
            if x.delay_s:
                x.row.delay_ms = round(x.delay_s * 1000, 3)
                await self._state.clock.wait(x.delay_s)
            await self._answer(x, answer, scope, receive, send)
        finally:
            self._state.in_flight -= 1
            _close(x, self._state)

    def _arrive(self, request: Request, scope: Scope) -> tuple[Exchange, Failure | None]:
        """Open the row and find the call; a bad trigger is refused here, before anything else."""
        state = self._state
        now_s = state.clock.now()
        row = state.journal.open(round(now_s, 6), request.method, request.route, request.region)
        bearer = request.bearer
        written = (request.headers.get("x-simulate-failure", ""), request.query.get("simulate", ""))
        asked = ",".join(part for part in written if part)
        identity = identify(request, asked, lambda: state.tokens.account_of(bearer))
        row.call_from = identity.found
        call = state.calls.next_attempt(identity, now_s)
        x = Exchange(
            request, state, row, call, now_s, bearer, state.tokens.find(bearer),
            key=read_key(request.headers.get("idempotency-key", "")),
        )  # fmt: skip
        _describe(x, scope)
        wire = _wire_of(scope)
        x.nth = wire.requests if wire is not None else 1
        try:
            x.dialect = _dialect(request)
            x.trigger = self._trigger(x, written)
        except BadInputError as error:
            # A typo must not look like health, whatever the dialect.
            x.dialect = dialects.DEFAULT
            kind = "bad-trigger" if isinstance(error, TriggerError) else "bad-input"
            row.trigger = asked[:512]
            return x, refusals.bad_input(error, kind)
        row.trigger = x.trigger.text or None
        return x, None

    def _trigger(self, x: Exchange, written: tuple[str, str]) -> Trigger:
        header, query = written
        live = self._state.live.trigger_for(
            x.call.key, x.row.correlation_id, x.request.method, x.now_s
        )
        return join(parse(header), parse(query, "?simulate"), live)

    def _decide(self, x: Exchange) -> Answer:
        """One synchronous step: nothing else happens on the server meanwhile."""
        x.now_s = self._state.clock.now()
        x.row.credential_state = self._state.tokens.state(x.bearer, x.now_s)
        return decide(x)

    async def _answer(
        self, x: Exchange, answer: Answer, scope: Scope, receive: Receive, send: Send
    ) -> None:
        row, wire = x.row, _wire_of(scope)
        if x.struck is not None:
            row.fault, row.cure = x.struck.fault.name, x.struck.fault.heals
        if isinstance(answer, Lost | Spoilt) and wire is None:
            name = row.fault or "this fault"
            answer = Failure(
                501, "no-wire", "No connection", f"{name} needs a real socket.", told="maybe"
            )
        if isinstance(answer, Spoilt):
            reply = self._spell(x, answer.reply)
            row.status = reply.status
            answer = answer.spoil(reply)
        if isinstance(answer, Lost):
            if wire is not None:
                await self._lose(x, answer, wire, receive)
            return
        reply = self._spell(x, answer)
        _settle(row, answer, reply, self._state.clock.now())
        witness(row, answer, reply.body, self._newest, self._state.clock.now())
        if wire is not None and wire.is_lost:
            row.end = "client_gone"
            return
        if await self._send(x, reply, scope, send):
            row.end = "complete"
            x.call.ended = x.call.ended or refusals.is_final(answer)

    def _spell(self, x: Exchange, answer: Failure | Reply | Page) -> Outgoing:
        date = self._state.clock.http_date()
        if isinstance(answer, Page):
            return spell_page(answer, date)
        struck = x.struck.dialect if x.struck else None
        dialect = dialects.BY_NAME[struck] if struck else x.dialect
        x.row.dialect = dialect.name
        return spell(answer, dialect, date, x.row.correlation_id)

    async def _send(self, x: Exchange, reply: Outgoing, scope: Scope, send: Send) -> bool:
        """Send at once or in drops; whether all of it was sent."""
        if not x.gap_s:
            await send_reply(send, reply, x.request.method)
            return True
        x.row.delay_ms += round(x.gap_s * len(reply.body) * 1000, 3)
        wire = _wire_of(scope)

        async def pause() -> bool:
            in_time = await self._state.clock.wait(x.gap_s)
            return in_time and not (wire is not None and wire.is_lost)

        return await send_in_drops(send, reply, pause)

    async def _lose(self, x: Exchange, lost: Lost, wire: Wire, receive: Receive) -> None:
        x.row.told, x.row.end = lost.told, "complete" if lost.told == "yes" else "cut"
        x.row.t_headers, x.row.answered = round(self._state.clock.now(), 6), self._newest
        x.call.ended = x.call.ended or lost.told == "yes"
        await lose(wire, lost, self._state.clock, receive)

    def _is_decoy(self, wire: Wire) -> bool:
        return self._state.decoy is not None and wire.port == self._state.decoy.port

    async def _welcome(self, request: Request, scope: Scope, receive: Receive, send: Send) -> None:
        """Note down what a client brings to an origin that it has no business with."""
        body = await read_body(receive, MOST_BYTES, DRAINED_BYTES)
        row = self._side_row(request, scope, body or b"")
        row.kind, row.told = "decoy", WELCOME.told
        row.token = text_digest(request.bearer) if request.bearer else None
        reply = spell(WELCOME, dialects.DEFAULT, self._state.clock.http_date(), None)
        row.status, row.t_headers = reply.status, row.t_in
        await send_reply(send, reply, request.method)
        row.end, row.t_out = "complete", round(self._state.clock.now(), 6)

    @property
    def _newest(self) -> int:
        """Number of the newest row: what gets a higher one has arrived later than now."""
        return self._state.journal.count

    async def _pass_on(self, request: Request, scope: Scope, receive: Receive, send: Send) -> None:
        """Let FastAPI answer, with a body that is bounded and a date by the server's clock."""
        body = await read_body(receive, MOST_BYTES, DRAINED_BYTES)
        if body is None:
            return
        row = self._side_row(request, scope, body) if request.route in JOURNALLED else None
        if len(body) > MOST_BYTES:
            await self._refuse(scope, receive, send, refusals.too_large(MOST_BYTES))
            return
        state = {**scope.get("state", {}), "row": row, "region": request.region}
        inner = {**scope, "path": request.route, "raw_path": request.route.encode(), "state": state}
        date = (b"date", self._state.clock.http_date())
        echo = request.headers.get("x-correlation-id")
        extra = [date] + (
            [(b"x-correlation-id", echo.encode())] if valid_name(echo) and echo else []
        )

        async def whole() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def dated(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message.get("headers", []), *extra]}
                if row is not None:
                    row.status, row.t_headers = message["status"], round(self._state.clock.now(), 6)
            await send(message)

        await self._inner(inner, whole, dated)
        if row is not None:
            row.end, row.t_out = "complete", round(self._state.clock.now(), 6)
            row.answered = self._newest

    def _side_row(self, request: Request, scope: Scope, body: bytes) -> Row:
        now_s = round(self._state.clock.now(), 6)
        row = self._state.journal.open(now_s, request.method, request.route, request.region)
        _place(row, scope)
        row.correlation_id = valid_name(request.headers.get("x-correlation-id"))
        row.call = valid_name(request.headers.get("healer-call")) or row.correlation_id
        row.body, row.body_bytes = digest(body), len(body)
        return row

    async def _refuse(self, scope: Scope, receive: Receive, send: Send, refusal: Failure) -> None:
        reply = spell(refusal, dialects.DEFAULT, self._state.clock.http_date(), None)
        await send_reply(send, reply, scope["method"])


def _dialect(request: Request) -> Dialect:
    name = request.query.get("dialect")
    if name is None:
        return dialects.DEFAULT
    if name not in dialects.BY_NAME:
        raise unknown_name("dialect", name, "?dialect", dialects.BY_NAME)
    return dialects.BY_NAME[name]


def _describe(x: Exchange, scope: Scope) -> None:
    """Write into the row all that is known when a request arrives."""
    row, headers = x.row, x.request.headers
    _place(row, scope)
    row.call, row.ordinal = x.call.key, x.call.ordinal
    row.correlation_id = valid_name(headers.get("x-correlation-id"))
    if x.key is not None:
        row.key, row.key_form = x.key.value, x.key.form
    row.token = text_digest(x.bearer) if x.bearer else None
    row.credential = x.token.credential.id if x.token else None
    row.account = x.account
    row.credential_state = x.state.tokens.state(x.bearer, x.now_s)
    row.token_in_query = bool({"token", "access_token", "api_key"} & set(x.request.query))
    row.carried = {name: text_digest(headers[name]) for name in _CARRIED if name in headers}


def _wire_of(scope: Scope) -> Wire | None:
    wire: Wire | None = scope.get("state", {}).get("wire")
    return wire


def _place(row: Row, scope: Scope) -> None:
    wire = _wire_of(scope)
    if wire is not None:
        row.connection, row.listener = wire.number, wire.port


def _settle(row: Row, answer: Failure | Reply | Page, reply: Outgoing, now_s: float) -> None:
    """Write into the row what the client is about to be told."""
    row.status, row.told, row.t_headers = reply.status, reply.told, round(now_s, 6)
    if isinstance(answer, Page):
        row.kind = answer.kind
    if isinstance(answer, Failure):
        row.kind = answer.kind
        row.cure = row.cure or answer.cure
        if answer.wait_s is not None:
            row.until = round(now_s + answer.wait_s, 6)


def _close(x: Exchange, state: State) -> None:
    """Close the row and let go of the key, whatever became of the exchange."""
    x.row.t_out = round(state.clock.now(), 6)
    if x.row.answered is None:
        x.row.answered = state.journal.count
    note_fields(x.row, x.body)
    if x.row.end is None:
        x.row.end = "client_gone"
    if x.bound is not None:
        x.bound.running = False
