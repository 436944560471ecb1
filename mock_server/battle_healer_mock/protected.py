"""The protected API: a request arrives, one synchronous step decides it, and it is answered."""

from __future__ import annotations

from functools import partial
from typing import Final

from battle_healer_mock import refusals
from battle_healer_mock.answer import Answer, Failure, Lost, Outgoing, Page, Reply, Spoilt
from battle_healer_mock.arrival import arrive, note_body
from battle_healer_mock.dialects import table as dialects
from battle_healer_mock.exchange import Exchange
from battle_healer_mock.losing import lose
from battle_healer_mock.pipeline import decide
from battle_healer_mock.request import Request
from battle_healer_mock.sending import (
    DRAINED_BYTES,
    MOST_BYTES,
    Receive,
    Rest,
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

PATH: Final = "/external-api"
METHODS: Final = ("GET", "POST")
_BROKEN: Final = (Lost, Spoilt)


class Protected:
    """Answers requests to `PATH`, whole ones on the spot where the answer need not wait."""

    def __init__(self, state: State) -> None:
        self._state = state

    def at_once(self, request: Request, body: bytes, wire: Wire) -> Outgoing | Rest:
        """The answer to a request that came whole, or the way to it where that takes time."""
        x, refusal = self._enter(request, wire)
        rest: Rest | None = None
        try:
            if request.has_body:
                x.body = body
                note_body(x.row, body)
            answer = self._decided(x, refusal)
            if x.delay_s or x.gap_s or isinstance(answer, _BROKEN):
                rest = partial(self._rest, x, answer)
                return rest
            reply = self._told(x, answer, x.now_s)
            self._sent(x, answer)
            return reply
        finally:
            if rest is None:
                self._leave(x)

    async def stream(
        self, request: Request, wire: Wire | None, receive: Receive, send: Send
    ) -> None:
        """Answer a request whose body may still be on its way."""
        x, refusal = self._enter(request, wire)
        try:
            if request.has_body:
                body = await read_body(receive, MOST_BYTES, DRAINED_BYTES)
                if body is None:
                    return
                self._take(x, body)
            await self._give(x, self._decided(x, refusal), receive, send)
        finally:
            self._leave(x)

    async def _rest(self, x: Exchange, answer: Answer, receive: Receive, send: Send) -> None:
        """Go on where `at_once` could not."""
        try:
            await self._give(x, answer, receive, send)
        finally:
            self._leave(x)

    async def _give(self, x: Exchange, answer: Answer, receive: Receive, send: Send) -> None:
        """Let pass what time the answer takes, and send it."""
        if x.delay_s:
            x.row.delay_ms = round(x.delay_s * 1000, 3)
            await self._state.clock.wait(x.delay_s)
        if isinstance(answer, _BROKEN):
            answer = self._broken(x, answer)
        if isinstance(answer, Lost):
            await self._lose(x, answer, receive)
        else:
            await self._reply(x, answer, send)

    def _enter(self, request: Request, wire: Wire | None) -> tuple[Exchange, Failure | None]:
        entered = arrive(self._state, request, wire)
        self._state.in_flight += 1
        return entered

    def _leave(self, x: Exchange) -> None:
        """Close the row and let go of the key, whatever became of the exchange."""
        self._state.in_flight -= 1
        _close(x, self._state)

    def _decided(self, x: Exchange, refusal: Failure | None) -> Answer:
        """What answers it, in one synchronous step: nothing else happens meanwhile."""
        if refusal is None and len(x.body) > MOST_BYTES:
            refusal = refusals.too_large(MOST_BYTES)
        answer = refusal or decide(x)
        if x.struck is not None:
            x.row.fault, x.row.cure = x.struck.fault.name, x.struck.fault.heals
        return answer

    def _take(self, x: Exchange, body: bytes) -> None:
        """Time has passed since the request arrived: what it meets is what holds now."""
        x.body = body
        note_body(x.row, body)
        x.now_s = self._state.clock.now()
        x.row.credential_state = x.credential_state()

    def _told(self, x: Exchange, answer: Failure | Reply | Page, now_s: float) -> Outgoing:
        """The answer in bytes, as it is sent at `now_s`; the row learns what it tells."""
        reply = self._spell(x, answer, now_s)
        x.row.answered = self._newest
        witness(x.row, answer, reply, now_s)
        return reply

    @staticmethod
    def _sent(x: Exchange, answer: Answer) -> None:
        x.row.end = "complete"
        x.call.ended = x.call.ended or refusals.is_final(answer)

    async def _reply(self, x: Exchange, answer: Failure | Reply | Page, send: Send) -> None:
        reply = self._told(x, answer, self._state.clock.now())
        if x.wire is not None and x.wire.is_lost:
            x.row.end = "client_gone"
            return
        if not x.gap_s:
            await send_reply(send, reply, x.request.method)
        elif not await self._drip(x, reply, send):
            return
        self._sent(x, answer)

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

    @property
    def _newest(self) -> int:
        """Number of the newest row: what gets a higher one has arrived later than now."""
        return self._state.journal.count


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
