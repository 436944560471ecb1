"""Random combinations of faults: whoever chooses, the mock server finds nothing to reproach."""

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress

import httpx2
import pytest
from tests.mock_server.driving import Json, Mock
from tests.mock_server.verdict.combinations import wild_combination
from tests.support.healing import call_of, living_in, shared_time
from tests.support.sizes import HEALED_COMBINATIONS

from battle_healer import AsyncHealingClient, HealingClient, Policy
from battle_healer_cli.running.control import trusted
from battle_healer_mock.server import MockServer, Options
from battle_healer_scenarios import mock_policy_text

# Rules that a healing client could break in a single call, and that so few calls must exercise.
AT_STAKE = {"V01", "V02", "V03", "V05", "V07", "V08", "V09", "V10", "V14", "V15", "V20", "V22"}


@pytest.fixture(scope="module")
def mock() -> Iterator[Mock]:
    with MockServer(Options(port=0, clock="manual")) as server, Mock(server.url) as driven:
        driven.post("/control/clock", json={"jump": True})
        yield driven


def request(call: Json, options: Json) -> None:
    with HealingClient(**options) as client, suppress(httpx2.RequestError):
        client.request(**call)


def request_async(call: Json, options: Json) -> None:
    async def once() -> None:
        async with AsyncHealingClient(**options) as client:
            with suppress(httpx2.RequestError):
                await client.request(**call)

    asyncio.run(once())


@pytest.mark.soak
@pytest.mark.parametrize("send", [request, request_async], ids=["sync", "async"])
@pytest.mark.parametrize("planner", ["heuristic", "scripted", "evil"])
def test_a_healing_client_stays_clean_whoever_chooses(
    mock: Mock, planner: str, send: Callable[[Json, Json], None]
) -> None:
    policy = Policy.parse(mock_policy_text(), base=mock.url)
    wrong, at_stake = [], Counter[str]()
    for n in range(HEALED_COMBINATIONS.now):
        # Each is drawn alone, so that its number is all that is needed to see it again.
        chance = random.Random(f"healed {n}")  # noqa: S311 - repeatable, not secret
        mock.post("/control/scenario", json={"name": f"healed-{n}"})
        call = call_of(n, mock, wild_combination(chance))
        around = living_in(shared_time(mock), chance)
        send(call, {"policy": policy, "planner": planner, "surroundings": around,
                    "verify": trusted()})  # fmt: skip
        verdict = mock.post("/verdict/close").json()
        at_stake.update(verdict["opportunities"])
        found = [(f["id"], f["seen"]) for f in verdict["findings"] if counts(f, planner)]
        effects = len(mock.effects())
        if found or effects > (call["method"] == "POST"):
            wrong.append((n, call["method"], call["headers"], found, effects))
    assert not wrong, "\n".join(map(str, wrong))
    assert {rule for rule in AT_STAKE if not at_stake[rule]} == set()


def counts(finding: Json, planner: str) -> bool:
    """Bad manners are all that a planner which wants harm may achieve."""
    return planner != "evil" or finding["severity"] != "minor"
