"""One clock for both sides: the mock's manual clock moves when everybody waits."""

import asyncio
import threading
import time as real_time
from collections.abc import Iterator
from datetime import timedelta

import httpx2
import pytest

from battle_healer import AsyncHealingClient, HealingClient, Policy, outcome_of
from battle_healer.clients.surroundings import Surroundings
from battle_healer.drivers.virtual import START, VirtualTime, advance_mock
from battle_healer_mock.server import MockServer, Options
from battle_healer_scenarios import mock_policy_text

CALLERS = 12
FAULT = {"X-Simulate-Failure": "rate_limit=seconds:5*2"}


@pytest.fixture
def mock() -> Iterator[MockServer]:
    with MockServer(Options(port=0, clock="manual")) as server:
        yield server


def living_in(time: VirtualTime) -> Surroundings:
    return Surroundings(time, time.wait, time.wait_async, chance=lambda: 0.5)


def test_threads_and_a_loop_wait_together_with_the_mock(mock: MockServer) -> None:
    time = VirtualTime(callers=2 * CALLERS, advance=advance_mock(mock.url))
    policy = Policy.parse(mock_policy_text(), base=mock.url)
    replies: list[httpx2.Response] = []
    began = real_time.monotonic()

    def in_a_thread() -> None:
        with (
            time.caller(),
            HealingClient(policy=policy, surroundings=living_in(time), trust_env=False) as client,
        ):
            replies.append(client.get(f"{mock.url}/external-api", headers=FAULT))

    async def in_a_task(client: httpx2.AsyncClient) -> None:
        with time.caller():
            replies.append(await client.get(f"{mock.url}/external-api", headers=FAULT))

    async def tasks() -> None:
        around = living_in(time)
        async with AsyncHealingClient(
            policy=policy, surroundings=around, trust_env=False
        ) as client:
            await asyncio.gather(*(in_a_task(client) for _ in range(CALLERS)))

    threads = [threading.Thread(target=in_a_thread) for _ in range(CALLERS)]
    for thread in threads:
        thread.start()
    asyncio.run(tasks())
    for thread in threads:
        thread.join(30)
    assert [reply.status_code for reply in replies] == [200] * (2 * CALLERS)
    assert {outcome_of(reply).requests for reply in replies} == {3}
    assert time.now() >= 10
    assert mock.state.clock.wall() == START + timedelta(seconds=time.now())
    assert real_time.monotonic() - began < 10


def test_a_clock_that_is_not_manual_is_an_error_and_no_endless_wait() -> None:
    with MockServer(Options(port=0, clock="real")) as server:
        time = VirtualTime(advance=advance_mock(server.url))
        with pytest.raises(ValueError, match="did not move its clock"):
            time.wait(1.0)
