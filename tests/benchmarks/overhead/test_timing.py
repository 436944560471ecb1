"""Timing: every variant has as many turns, and none has the first place for itself."""

import asyncio
from functools import partial

import pytest
from benchmarks.overhead import timing
from benchmarks.overhead.variants import BARE, OURS, async_variants, sync_variants


def test_each_round_is_begun_by_another_variant(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timing, "BLOCKS", 3)
    monkeypatch.setattr(timing, "CALLS", 1)
    seen: list[str] = []
    timing.interleave({name: partial(seen.append, name) for name in "abc"})
    assert "".join(seen) == "abcbcacab"


def test_the_variants_without_peers_are_the_bare_client_and_ours() -> None:
    sync = sync_variants(frozenset())
    assert set(sync) == {BARE, OURS}
    assert {call().status_code for call in sync.values()} == {200}

    async def statuses() -> set[int]:
        return {(await call()).status_code for call in async_variants(frozenset()).values()}

    assert asyncio.run(statuses()) == {200}
