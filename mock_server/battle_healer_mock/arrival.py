"""A request arrives: its row is opened, its call found, its trigger read. Nothing happens yet."""

from __future__ import annotations

from typing import Final

from battle_healer_mock import refusals
from battle_healer_mock.answer import Failure
from battle_healer_mock.calls import identify, valid_name
from battle_healer_mock.chance import digest, text_digest
from battle_healer_mock.dialects import table as dialects
from battle_healer_mock.dialects.dialect import Dialect
from battle_healer_mock.errors import BadInputError, unknown_name
from battle_healer_mock.exchange import Exchange
from battle_healer_mock.journal import Row
from battle_healer_mock.keys import read_key
from battle_healer_mock.request import Request
from battle_healer_mock.state import State
from battle_healer_mock.trigger import NOTHING, Trigger, TriggerError, join, parse
from battle_healer_mock.wire import Wire

# What a resend must not lose; recorded so that it can be seen to.
_CARRIED: Final = ("content-type", "accept", "traceparent", "x-correlation-id")
_TOKENS_IN_QUERY: Final = frozenset({"token", "access_token", "api_key"})
_MOST_TRIGGER: Final = 512
_MOST_ROUTE: Final = 256
_NO_BODY: Final = digest(b"")


def arrive(state: State, request: Request, wire: Wire | None) -> tuple[Exchange, Failure | None]:
    """Open the row and find the call; a bad trigger is refused here, before anything else."""
    headers, now_s = request.headers, state.clock.now()
    row = state.journal.open(now_s, request.method, request.route, request.region)
    bearer = request.bearer
    token = state.tokens.find(bearer)
    account = token.credential.account if token else state.tokens.account_of(bearer)
    key = read_key(headers["idempotency-key"]) if "idempotency-key" in headers else None
    header, query = headers.get("x-simulate-failure", ""), request.query.get("simulate", "")
    asked = f"{header},{query}" if header and query else header or query
    identity = identify(request, asked, account)
    call = state.calls.next_attempt(identity, now_s)
    x = Exchange(request, state, row, call, now_s, bearer, token, account, key, wire)
    row.call, row.call_from, row.ordinal = call.key, identity.found, call.ordinal
    row.account = account
    _describe(x)
    try:
        if "dialect" in request.query:
            x.dialect = _dialect(request.query["dialect"])
        x.trigger = _trigger(x, header, query)
    except BadInputError as error:
        # A typo must not look like health, whatever the dialect.
        x.dialect = dialects.DEFAULT
        kind = "bad-trigger" if isinstance(error, TriggerError) else "bad-input"
        row.trigger = asked[:_MOST_TRIGGER]
        return x, refusals.bad_input(error, kind)
    row.trigger = x.trigger.text or None
    return x, None


def _describe(x: Exchange) -> None:
    """Write into the row what else is known when a request arrives."""
    row, headers = x.row, x.request.headers
    if x.wire is not None:
        row.connection, row.listener = x.wire.number, x.wire.port
        x.nth = x.wire.requests
    if "x-correlation-id" in headers:
        row.correlation_id = valid_name(headers["x-correlation-id"])
    if x.key is not None:
        row.key, row.key_form = x.key.value, x.key.form
    if x.token is not None:
        row.token, row.credential = x.token.digest, x.token.credential.id
    elif x.bearer:
        row.token = text_digest(x.bearer)
    row.credential_state = x.credential_state()
    # Of a request without a body there is nothing to wait for.
    row.body = None if x.request.has_body else _NO_BODY
    if x.request.query:
        row.token_in_query = not _TOKENS_IN_QUERY.isdisjoint(x.request.query)
    carried = {name: text_digest(headers[name]) for name in _CARRIED if name in headers}
    if carried:
        row.carried = carried


def _trigger(x: Exchange, header: str, query: str) -> Trigger:
    """What was asked for in the request, then what holds for its call."""
    asked = parse(header) if header else NOTHING
    live = x.state.live
    if not query and not live.rows:
        return asked
    matching = live.trigger_for(x.call.key, x.row.correlation_id, x.request.method, x.now_s)
    return join(asked, parse(query, "?simulate"), matching)


def _dialect(name: str) -> Dialect:
    if name not in dialects.BY_NAME:
        raise unknown_name("dialect", name, "?dialect", dialects.BY_NAME)
    return dialects.BY_NAME[name]


def arrive_aside(state: State, request: Request, wire: Wire | None, body: bytes) -> Row:
    """The row of an exchange that is not the protected API's, but says something of a client."""
    route = request.route[:_MOST_ROUTE]
    row = state.journal.open(state.clock.now(), request.method, route, request.region)
    if wire is not None:
        row.connection, row.listener = wire.number, wire.port
    row.correlation_id = valid_name(request.headers.get("x-correlation-id"))
    row.call = valid_name(request.headers.get("healer-call")) or row.correlation_id
    note_body(row, body)
    return row


def note_body(row: Row, body: bytes) -> None:
    """The digest and the length of a body; of one that is too long, of what was read of it."""
    row.body, row.body_bytes = digest(body), len(body)
