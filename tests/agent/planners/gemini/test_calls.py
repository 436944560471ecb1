"""Whole calls through client, SDK, double and chaos server: judged by the servers' books."""

import asyncio
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from tests.agent.planners.gemini.conftest import AN_AGE_S, LONG_S, MakePlanner, budget_s

from battle_healer import AsyncHealingClient, HealingClient, outcome_of
from battle_healer.model import Outcome
from battle_healer.planners.cascade import Cascade
from battle_healer.planners.gemini.planner import Gemini
from battle_healer.planners.planner import Planner
from battle_healer_cli.running.policies import mock_rules
from battle_healer_mock.gemini.faults import FAULTS
from battle_healer_mock.gemini.policies import POLICIES
from battle_healer_mock.gemini.server import GeminiDouble
from battle_healer_mock.server import MockServer, Options

TROUBLE = "region_down,retryable_500,repair"
UNSURE = "captive_portal"
CHARGE = {"transactionId": "t-1", "amount": 15}


@pytest.fixture(scope="module")
def mock() -> Iterator[MockServer]:
    """A chaos server whose clock moves on by itself."""
    with MockServer(Options(port=0, clock="manual", jump=True)) as server:
        yield server


def request_of(mock: MockServer, trouble: str) -> dict[str, Any]:
    mock.state.reset()
    headers = {
        "Authorization": f"Bearer {mock.issue_token()}",
        "X-Simulate-Failure": trouble,
        "Idempotency-Key": "k-1",
    }
    return {"url": f"{mock.url}/external-api", "json": CHARGE, "headers": headers}


def options(
    mock: MockServer, planner: Planner | str, model_budget_s: float = LONG_S
) -> dict[str, Any]:
    rules = mock_rules(mock.url)
    bounds = replace(rules.bounds, model_budget_s=model_budget_s)
    return {"policy": replace(rules, bounds=bounds), "planner": planner, "trust_env": False}


def healed(
    mock: MockServer, planner: Planner | str, trouble: str = TROUBLE, budget_s: float = LONG_S
) -> tuple[Any, ...]:
    """What a POST with a key comes to, by its caller and by the server's books."""
    asked = request_of(mock, trouble)
    with HealingClient(**options(mock, planner, budget_s)) as client:
        outcome = outcome_of(client.post(**asked))
    return seen(outcome, mock)


def seen(outcome: Outcome, mock: MockServer) -> tuple[Any, ...]:
    actions = tuple(step.action for step in outcome.steps)
    return outcome.kind, outcome.status, actions, outcome.requests, len(mock.state.ledger.effects)


@pytest.mark.usefixtures("patient_sdk")
@pytest.mark.parametrize("fault", [fault.name for fault in FAULTS])
def test_whatever_the_model_does_the_call_ends_as_with_heuristics_alone(
    mock: MockServer, planner: MakePlanner, double: GeminiDouble, fault: str
) -> None:
    alone = healed(mock, "heuristic")
    asked = planner()
    double.double.set(faults=f"{fault}*inf")
    began = time.monotonic()
    assert healed(mock, asked, budget_s=budget_s(fault)) == alone
    assert time.monotonic() - began < AN_AGE_S
    assert len(double.double.wire) == 1, "one model call an episode"


@pytest.mark.parametrize("policy", [policy.name for policy in POLICIES])
def test_whatever_a_model_prefers_nothing_takes_effect_twice(
    mock: MockServer, planner: MakePlanner, double: GeminiDouble, policy: str
) -> None:
    double.double.set(policy)
    *_, effects = healed(mock, planner())
    assert effects == 1
    assert len(double.double.wire) == 1


def test_a_task_asks_as_a_thread_does(
    mock: MockServer, planner: MakePlanner, double: GeminiDouble
) -> None:
    async def call() -> Outcome:
        asked = request_of(mock, TROUBLE)
        async with AsyncHealingClient(**options(mock, planner())) as client:
            return outcome_of(await client.post(**asked))

    outcome = asyncio.run(call())
    assert outcome.steps[0].planner == "gemini"
    assert [step.planner for step in outcome.steps[1:]] == ["heuristic"] * (len(outcome.steps) - 1)
    assert seen(outcome, mock) == healed(mock, "heuristic")


def test_auto_leaves_sure_rows_alone_and_asks_about_the_others(
    mock: MockServer, planner: MakePlanner, double: GeminiDouble
) -> None:
    cascade = Cascade(planner())
    healed(mock, cascade)
    assert double.double.wire == ()
    asked = request_of(mock, UNSURE)
    with HealingClient(**options(mock, cascade)) as client:
        steps = outcome_of(client.post(**asked)).steps
    assert steps[0].planner == "gemini"
    assert len(double.double.wire) == 1


def test_many_clients_on_many_threads_and_loops_share_one_planner(
    mock: MockServer, planner: MakePlanner, double: GeminiDouble
) -> None:
    asked: Gemini = planner()
    outcomes = []
    for _ in range(3):
        outcomes.append(healed(mock, asked))

        async def call() -> None:
            request = request_of(mock, TROUBLE)
            async with AsyncHealingClient(**options(mock, asked)) as client:
                outcomes.append(seen(outcome_of(await client.post(**request)), mock))

        asyncio.run(call())
    assert len(set(outcomes)) == 1
    assert len(double.double.wire) == 1, "the same trouble within a minute is one question"
