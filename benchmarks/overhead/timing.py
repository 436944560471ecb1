"""Interleaved blocks: every variant meets the same noise, so ratios within a run hold.

Time is the CPU time of the calling thread: what others do on the machine is not in it, apart from
what they do to caches.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Final, TypeVar

CALLS: Final = 10
BLOCKS: Final = 600
FASTEST_SHARE: Final = 10
T = TypeVar("T")


def _figure(blocks: list[float]) -> float:
    """Mean of the fastest tenth of the blocks: what the code costs when nobody disturbs it."""
    fastest = sorted(blocks)[: max(1, len(blocks) // FASTEST_SHARE)]
    return statistics.mean(fastest) / CALLS


def _turns(variants: Mapping[str, T]) -> Iterator[tuple[str, T]]:
    """Every variant once a round, and each round begun by another: no place is an advantage."""
    order = list(variants.items())
    for block in range(BLOCKS):
        first = block % len(order)
        yield from order[first:] + order[:first]


def interleave(variants: Mapping[str, Callable[[], object]]) -> dict[str, float]:
    """Seconds of CPU per call of each variant, in turn in blocks."""
    blocks: dict[str, list[float]] = {name: [] for name in variants}
    for name, call in _turns(variants):
        began = time.thread_time()
        for _ in range(CALLS):
            call()
        blocks[name].append(time.thread_time() - began)
    return {name: _figure(times) for name, times in blocks.items()}


def interleave_async(variants: Mapping[str, Callable[[], Awaitable[object]]]) -> dict[str, float]:
    """Seconds of CPU per call of each variant, awaited one after the other in one event loop."""

    async def run() -> dict[str, float]:
        blocks: dict[str, list[float]] = {name: [] for name in variants}
        for name, call in _turns(variants):
            began = time.thread_time()
            for _ in range(CALLS):
                await call()
            blocks[name].append(time.thread_time() - began)
        return {name: _figure(times) for name, times in blocks.items()}

    return asyncio.run(run())
