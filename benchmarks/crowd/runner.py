"""One client, shared by many callers that begin at one moment; a process of its own.

`python -m benchmarks.crowd.runner CLIENT CALL CALLERS AGAIN_S HOME OTHER` prints when all calls had
come back, and how many had succeeded. For AGAIN_S seconds more each caller then calls again, half a
second after its last call.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import threading
import time
from typing import Final

from battle_healer import AsyncHealingClient
from benchmarks.mix.calls import CROWD, Case
from benchmarks.mix.clients import ours
from benchmarks.mix.clients.client import ATTEMPT_S, Send, Site
from benchmarks.mix.clients.table import BY_NAME
from benchmarks.mix.runner import told_by

PATIENCE_S: Final = 20.0
PAUSE_S: Final = 0.5


def _said(succeeded: int) -> None:
    at = time.time()  # noqa: TID251 - compared with the wire log of another process
    print(json.dumps({"ended": at, "succeeded": succeeded}), flush=True)


def threads(send: Send, case: Case, callers: int, again_s: float) -> None:
    """Callers in threads, each with the same client."""
    start, came_back = threading.Barrier(callers + 1), threading.Semaphore(0)
    told: list[bool] = []
    closing = threading.Event()

    def one() -> None:
        start.wait()
        told.append(told_by(send, case).success)
        came_back.release()
        closing.wait()
        while time.monotonic() < end:
            time.sleep(PAUSE_S)  # noqa: TID251 - a caller that comes again
            told_by(send, case)

    for _ in range(callers):
        threading.Thread(target=one, daemon=True).start()
    start.wait()
    late = time.monotonic() + PATIENCE_S
    for _ in range(callers):
        came_back.acquire(timeout=max(0.0, late - time.monotonic()))
    _said(sum(told))
    end = time.monotonic() + again_s
    closing.set()
    time.sleep(again_s)  # noqa: TID251 - as long as the callers come again


async def tasks(site: Site, case: Case, callers: int, again_s: float) -> None:
    """Callers in tasks of one event loop; ours only."""
    async with AsyncHealingClient(policy=ours.policy(site), timeout=ATTEMPT_S) as client:

        async def one() -> bool:
            told = await ours.told_to(client, case.method, case.path, case.headers, case.body)
            return told.success

        async def again() -> None:
            while time.monotonic() < end:
                await asyncio.sleep(PAUSE_S)
                await one()

        _said(sum(await asyncio.gather(*(one() for _ in range(callers)))))
        end = time.monotonic() + again_s
        await asyncio.gather(*(again() for _ in range(callers)))


def main() -> None:
    """Let the crowd call."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("client", choices=BY_NAME)
    parser.add_argument("call", choices=CROWD)
    parser.add_argument("callers", type=int)
    parser.add_argument("again_s", type=float)
    parser.add_argument("home")
    parser.add_argument("other")
    asked = parser.parse_args()
    site, case = Site(asked.home, asked.other), CROWD[asked.call]
    if asked.client == ours.ASYNC_ROW.name:
        asyncio.run(tasks(site, case, asked.callers, asked.again_s))
    else:
        threads(BY_NAME[asked.client].opened(site), case, asked.callers, asked.again_s)
    os._exit(0)  # a caller that still sleeps in a client must not hold the process


if __name__ == "__main__":
    main()
