"""aiohttp: bare, or in the loop that people write around it."""

from __future__ import annotations

import asyncio
import sys
from functools import partial

import aiohttp

from benchmarks.clients.contract import Call, make_all_async, read_calls

BACKOFF_S = 0.2


async def send_once(session: aiohttp.ClientSession, call: Call) -> str:
    """The answer as most programs read it."""
    limit = aiohttp.ClientTimeout(total=call.timeout_s)
    async with session.request(
        call.method, call.url, headers=call.headers, data=call.body, timeout=limit
    ) as reply:
        reply.raise_for_status()
        await reply.json()
        return await reply.text()


async def send(session: aiohttp.ClientSession, retries: int, call: Call) -> str:
    """The same, again after whatever went wrong."""
    for attempt in range(retries):
        try:
            return await send_once(session, call)
        except (aiohttp.ClientError, TimeoutError):
            await asyncio.sleep(BACKOFF_S * 2**attempt)
    return await send_once(session, call)


async def main(retries: int) -> None:
    """All calls in one session."""
    async with aiohttp.ClientSession() as session:
        await make_all_async(read_calls(), partial(send, session, retries))


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
