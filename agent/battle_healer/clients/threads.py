"""What has a thread of its own, a planner and in a task a store, and how it is waited for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from battle_healer.clients.engine import Engine
from battle_healer.commands import Abstain, Ask, Denied, Ranking
from battle_healer.model import Entry, Parked


def ranked(engine: Engine, command: Ask) -> Ranking | Abstain:
    """Let a planner rank, within its budget."""
    ranking = engine.rank(command)
    try:
        return ranking.result(command.budget_s)
    except TimeoutError:
        return Abstain("timeout")


async def ranked_in_task(engine: Engine, command: Ask) -> Ranking | Abstain:
    """Let a planner rank, within its budget, while the loop goes on."""
    ranking = engine.rank(command)
    try:
        # Not `wait_for`: before Python 3.12 it swallows a cancellation that meets an answer.
        async with asyncio.timeout(command.budget_s):
            return await asyncio.wrap_future(ranking)
    except TimeoutError:
        return Abstain("timeout")


async def parked_in_task(
    park: Callable[[Entry], Parked | Denied], entry: Entry
) -> tuple[Parked | Denied, asyncio.CancelledError | None]:
    """Store a call for later; the store may block, so it has a thread.

    A cancellation cannot call it back. So it waits for the store's word: otherwise an entry would
    be delivered later of which nobody knows (I8). It is handed back where the store has the call,
    to be raised once that was told.
    """
    parking = asyncio.get_running_loop().run_in_executor(None, park, entry)
    interrupted: asyncio.CancelledError | None = None
    while True:
        try:
            parked = await asyncio.shield(parking)
        except asyncio.CancelledError as error:
            interrupted = error
        else:
            break
    if isinstance(parked, Denied) and interrupted is not None:
        raise interrupted
    return parked, interrupted
