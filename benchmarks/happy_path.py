"""What a clean call costs over the bare client: mock transport, no socket, one process."""

from __future__ import annotations

import httpx2

from battle_healer import AsyncHealingClient, HealingClient
from benchmarks.timing import interleave, interleave_async

URL = "https://api.example/v1/thing"


def _answer(request: httpx2.Request) -> httpx2.Response:
    return httpx2.Response(200, json={"id": "o1", "amount": 15})


async def _answer_async(request: httpx2.Request) -> httpx2.Response:
    return _answer(request)


def report() -> list[str]:
    """Lines of a table: microseconds per call, and the ratio to the bare client."""
    bare = httpx2.Client(transport=httpx2.MockTransport(_answer))
    ours = HealingClient(transport=httpx2.MockTransport(_answer))
    bare_async = httpx2.AsyncClient(transport=httpx2.MockTransport(_answer_async))
    ours_async = AsyncHealingClient(transport=httpx2.MockTransport(_answer_async))
    sync = interleave({"bare": lambda: bare.get(URL), "healing": lambda: ours.get(URL)})
    waited = interleave_async(
        {"bare": lambda: bare_async.get(URL), "healing": lambda: ours_async.get(URL)}
    )
    bare.close()
    ours.close()
    lines = ["| happy path | bare httpx2 | healing | over | ratio |", "|---|---|---|---|---|"]
    for name, figures in (("sync", sync), ("async", waited)):
        before, after = figures["bare"] * 1e6, figures["healing"] * 1e6
        lines.append(
            f"| {name}, µs per call | {before:.1f} | {after:.1f} "
            f"| {after - before:+.1f} | x{after / before:.2f} |"
        )
    return lines
