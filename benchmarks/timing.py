"""Interleaved blocks: every variant meets the same noise, so ratios within a run hold."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable, Mapping

CALLS = 20
BLOCKS = 200
FASTEST_SHARE = 10


def _figure(blocks: list[float]) -> float:
    """Mean of the fastest tenth of the blocks: what the code costs when nobody disturbs it."""
    fastest = sorted(blocks)[: max(1, len(blocks) // FASTEST_SHARE)]
    return statistics.mean(fastest) / CALLS


def interleave(variants: Mapping[str, Callable[[], object]]) -> dict[str, float]:
    """Seconds per call of each variant, in turn in blocks."""
    blocks: dict[str, list[float]] = {name: [] for name in variants}
    for _ in range(BLOCKS):
        for name, call in variants.items():
            began = time.perf_counter()
            for _ in range(CALLS):
                call()
            blocks[name].append(time.perf_counter() - began)
    return {name: _figure(times) for name, times in blocks.items()}


def interleave_async(variants: Mapping[str, Callable[[], Awaitable[object]]]) -> dict[str, float]:
    """Seconds per call of each variant, awaited one after the other in one event loop."""

    async def run() -> dict[str, float]:
        blocks: dict[str, list[float]] = {name: [] for name in variants}
        for _ in range(BLOCKS):
            for name, call in variants.items():
                began = time.perf_counter()
                for _ in range(CALLS):
                    await call()
                blocks[name].append(time.perf_counter() - began)
        return {name: _figure(times) for name, times in blocks.items()}

    return asyncio.run(run())
