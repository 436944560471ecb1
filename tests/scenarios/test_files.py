"""Every scenario file is whole, speaks the words of the tables, and keeps its promises."""

from typing import get_args

import pytest

from battle_healer.actions.table import ACTIONS
from battle_healer.guardrails import GUARDRAILS
from battle_healer_mock.control.bodies import ScenarioBody
from battle_healer_mock.fault import Fault
from battle_healer_mock.faults.table import FAULTS
from battle_healer_mock.trigger import parse
from battle_healer_scenarios import loader
from battle_healer_scenarios.scenario import Action, Scenario

SCENARIOS = loader.load_all()
by_name = pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)


def triggers(scenario: Scenario) -> list[str]:
    on_calls = [call.trigger for call in scenario.calls if call.trigger]
    return [*on_calls, *(rule.trigger for rule in scenario.server.faults)]


def troubles(scenario: Scenario) -> set[str]:
    """Everything that goes wrong in a scenario: faults, and regions and tokens that are bad."""
    met = {item.fault.name for text in triggers(scenario) for item in parse(text).items}
    met |= {f"{name} is {state}" for name, state in scenario.server.regions.items()}
    return met | {call.token for call in scenario.calls} - {"issued", "none"}


def test_there_are_enough_to_learn_from() -> None:
    assert len(SCENARIOS) >= 28


def test_the_scenarios_of_the_known_systems_are_there() -> None:
    wanted = {"failure-logger", "jobs", "everything-at-once", "pipeline", "flaky-tasks"}
    assert wanted <= set(loader.names())


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_every_fault_is_alone_in_some_scenario(fault: Fault) -> None:
    assert [s.name for s in SCENARIOS if troubles(s) == {fault.name}]


def test_every_action_is_expected_in_some_scenario() -> None:
    expected = {
        action
        for scenario in SCENARIOS
        for expect in scenario.expect.values()
        for action in expect.actions or ()
    }
    assert expected == {action.name for action in ACTIONS}


def test_the_words_for_actions_are_those_of_the_actions_table() -> None:
    assert set(get_args(Action)) == {action.name for action in ACTIONS}


@by_name
def test_a_scenario_is_named_like_its_file_and_reads_like_documentation(
    scenario: Scenario,
) -> None:
    assert loader.load(scenario.name) == scenario
    assert len(scenario.about.split()) >= 25
    assert not scenario.title.endswith(".")


@by_name
def test_every_trigger_is_one_that_the_mock_understands(scenario: Scenario) -> None:
    for text in triggers(scenario):
        assert parse(text).items


@by_name
def test_the_mock_takes_its_server_part_as_it_is(scenario: Scenario) -> None:
    assert ScenarioBody.model_validate(scenario.for_control()).name == scenario.name


@by_name
def test_every_call_has_an_outcome_a_number_of_requests_and_effects(scenario: Scenario) -> None:
    for call in (one for entry in scenario.calls for one in entry.each()):
        expect = scenario.expected(call.id)
        assert expect.outcome is not None
        assert expect.requests is not None
        assert expect.effects is not None


@by_name
def test_effects_of_the_calls_add_up_to_those_of_the_ledger(scenario: Scenario) -> None:
    calls = [one for entry in scenario.calls for one in entry.each()]
    assert sum(scenario.expected(c.id).effects or 0 for c in calls) == scenario.effects


@by_name
def test_guards_are_invariants_that_a_guardrail_upholds(scenario: Scenario) -> None:
    assert set(scenario.guards) <= {guardrail.invariant for guardrail in GUARDRAILS}
