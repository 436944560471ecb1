"""The end of a connection that a fault has taken: raw bytes, silence, then FIN or RST."""

from __future__ import annotations

import asyncio

from battle_healer_mock.answer import Lost
from battle_healer_mock.clock import Clock
from battle_healer_mock.sending import Receive, until_gone
from battle_healer_mock.wire import Wire


async def lose(wire: Wire, lost: Lost, clock: Clock, receive: Receive) -> None:
    """Write what is to be written, hold the connection, end it, and wait until it is gone."""
    if lost.first:
        wire.write(lost.first)
    if lost.hold_s:
        wire.spent = True
        await _hold(clock, lost.hold_s, receive)
    if lost.end == "rst":
        await wire.flushed()
        wire.rst()
    else:
        wire.fin()
    await until_gone(receive)


async def _hold(clock: Clock, hold_s: float, receive: Receive) -> None:
    """Until the time is over, the client has gone, or the server stops: whichever is first."""
    waits = [asyncio.ensure_future(clock.wait(hold_s)), asyncio.ensure_future(until_gone(receive))]
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
