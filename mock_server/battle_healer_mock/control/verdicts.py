"""The verdict on the client, now or after the end of its traffic."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Annotated, Final

from fastapi import APIRouter, Query, Response

from battle_healer_mock.state import State
from battle_healer_mock.verdict.case import case_of
from battle_healer_mock.verdict.judging import Verdict, rule_on
from battle_healer_mock.verdict.rule import PROTECTED

_POLL_S: Final = 0.01


def router(state: State) -> APIRouter:
    """The verdict over one state."""
    api = APIRouter(tags=["verdict"])

    @api.get("/verdict")
    async def verdict() -> Response:
        """What the client did wrong so far: `{grade, findings, opportunities, rules, ...}`."""
        return await _answer(state)

    @api.post("/verdict/close")
    async def close(wait_s: Annotated[float, Query(ge=0, le=60)] = 1.0) -> Response:
        """End the traffic and judge it; what still runs after `wait_s` is listed, not judged."""
        await _settle(state, wait_s)
        state.closed_line = state.journal.count
        return await _answer(state)

    return api


async def _settle(state: State, wait_s: float) -> None:
    """Wait, in real time, for exchanges that still run."""
    for _ in range(int(wait_s / _POLL_S)):
        if all(row.end is not None for row in state.journal.rows):
            return
        await asyncio.sleep(_POLL_S)


async def _answer(state: State) -> Response:
    """The verdict, made beside the traffic: a long journal must not hold it up."""
    rows = tuple(state.journal.rows)
    open_rows = tuple(row.line for row in rows if row.end is None)
    dropped, closed, now_s = dict(state.journal.dropped_of), state.closed_line, state.clock.now()
    parked = frozenset(_parked(state))

    def judge() -> Verdict:
        has_lost = PROTECTED in dropped
        case = case_of(rows, now_s=now_s, closed=closed, has_lost=has_lost, parked=parked)
        return Verdict(rule_on(case), dropped, open_rows, closed > 0)

    made = await asyncio.to_thread(judge)
    return Response(json.dumps(made.as_json()), media_type="application/json")


def _parked(state: State) -> Iterator[str]:
    """Correlation ids of calls that their client said it has put into a queue."""
    for log in state.logs:
        if log["correlation_id"] and "QUEUE" in str(log["event"]).upper():
            yield str(log["correlation_id"])
