"""Ours: the default policy and what an operator would declare (healer.yaml beside this folder)."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from pathlib import Path
from string import Template
from typing import Final

import httpx2

from battle_healer import AsyncHealingClient, HealingClient, Policy, outcome_of
from benchmarks.mix.clients.client import ATTEMPT_S, SPARE, TOKEN, Client, Send, Site, Told, raised

_DECLARED: Final = Path(__file__).parents[1] / "healer.yaml"


def policy(site: Site) -> Policy:
    """The policy of this API, at these addresses."""
    os.environ.update(BENCH_TOKEN=TOKEN, BENCH_SPARE_TOKEN=SPARE)
    text = Template(_DECLARED.read_text("utf-8"))
    declared = text.substitute(HOME_URL=site.home, OTHER_URL=site.other)
    return Policy.parse(declared, _DECLARED.name)


def _told(reply: httpx2.Response) -> Told:
    outcome = outcome_of(reply)
    return Told(outcome.kind == "delivered", reply.content, f"{outcome.kind}: {outcome.reason}")


def _opened(site: Site) -> Send:
    client = HealingClient(policy=policy(site), timeout=ATTEMPT_S)

    def send(method: str, path: str, headers: Mapping[str, str], body: bytes) -> Told:
        try:
            return _told(client.request(method, "shop:" + path, headers=headers, content=body))
        except httpx2.HTTPError as error:
            return raised(error)

    return send


async def told_to(
    client: AsyncHealingClient, method: str, path: str, headers: Mapping[str, str], body: bytes
) -> Told:
    """What a call of the async client tells."""
    try:
        return _told(await client.request(method, "shop:" + path, headers=headers, content=body))
    except httpx2.HTTPError as error:
        return raised(error)


def _opened_async(site: Site) -> Send:
    declared = policy(site)

    async def once(method: str, path: str, headers: Mapping[str, str], body: bytes) -> Told:
        async with AsyncHealingClient(policy=declared, timeout=ATTEMPT_S) as client:
            return await told_to(client, method, path, headers, body)

    def send(method: str, path: str, headers: Mapping[str, str], body: bytes) -> Told:
        return asyncio.run(once(method, path, headers, body))

    return send


ROW: Final = Client("battle-healer", ("battle-healer", "httpx2"), _opened)
ASYNC_ROW: Final = Client("battle-healer, async", ("battle-healer", "httpx2"), _opened_async)
