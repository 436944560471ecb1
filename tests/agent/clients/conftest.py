"""Both kinds of client behind one face, in virtual time, over real sockets."""

import asyncio
import random
from collections.abc import Callable
from typing import Any

import httpx2
import pytest

from battle_healer import AsyncHealingClient, HealingClient
from battle_healer.clients.surroundings import Surroundings
from battle_healer.drivers.virtual import VirtualTime

Ask = Callable[..., httpx2.Response]


def surroundings(time: VirtualTime | None = None, **changes: Any) -> Surroundings:
    """Virtual time and seeded chance."""
    time = time or VirtualTime()
    seeded = random.Random(1)  # noqa: S311 -- seeded on purpose
    given: dict[str, Any] = {
        "clock": time,
        "wait": time.wait,
        "wait_async": time.wait_async,
        "chance": seeded.random,
        "bits": seeded.getrandbits,
    }
    return Surroundings(**given | changes)


def settings(client: dict[str, Any] | None) -> dict[str, Any]:
    return {"surroundings": surroundings(), "trust_env": False} | (client or {})


@pytest.fixture
def around() -> Callable[..., Surroundings]:
    return surroundings


@pytest.fixture(params=["sync", "async"])
def ask(request: pytest.FixtureRequest) -> Ask:
    """One call through a client of its own: `ask(method, url, client={...}, **request)`."""

    def blocking(
        method: str, url: str, *, client: dict[str, Any] | None = None, **how: Any
    ) -> httpx2.Response:
        options = settings(client)
        with HealingClient(**options) as healing:
            return healing.request(method, url, **how)

    def awaited(
        method: str, url: str, *, client: dict[str, Any] | None = None, **how: Any
    ) -> httpx2.Response:
        async def run() -> httpx2.Response:
            options = settings(client)
            async with AsyncHealingClient(**options) as healing:
                return await healing.request(method, url, **how)

        return asyncio.run(run())

    return blocking if request.param == "sync" else awaited
