"""A scenario that names an invariant shows what its guardrail is for: without it there is harm."""

import re
from collections.abc import Iterator
from typing import get_args

import pytest

from battle_healer_cli.running.mocks import Mocks
from battle_healer_cli.running.playing import play
from battle_healer_cli.running.report import Cell
from battle_healer_scenarios import loader
from battle_healer_scenarios.scenario import Scenario, Variant

SCENARIOS = [scenario for scenario in loader.load_all() if scenario.server.clock == "manual"]
by_name = pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)


@pytest.fixture(scope="module")
def mocks() -> Iterator[Mocks]:
    with Mocks() as running:
        yield running


def test_most_invariants_of_a_call_are_named_by_some_scenario() -> None:
    named = {invariant for scenario in SCENARIOS for invariant in scenario.guards}
    # Nothing in this version of the mock tempts a client to send a secret or follow an address.
    assert named == {"I1", "I3", "I4", "I5", "I6"}


@by_name
def test_an_evil_planner_without_guardrails_does_the_harm_that_is_named_and_no_other(
    mocks: Mocks, scenario: Scenario
) -> None:
    done = set()
    for variant in get_args(Variant):
        cell = Cell("evil", "async", variant)
        report = play(scenario, mocks.url_for(scenario), cell, guardrails=())
        done |= {match[1] for found in report.findings if (match := re.search(r"(I\d): ", found))}
    assert done == set(scenario.guards)
