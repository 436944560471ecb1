"""Every scenario with every planner, client and method, judged by oracle, ledger and journal."""

import pytest
from tests.matrix.cells import BAD, CELLS, CLIENTS, GOOD, SCENARIOS, VARIANTS, asked, name_of
from tests.matrix.conftest import Stage
from tests.matrix.judging import complaints, reproaches, told

from battle_healer_cli.running.report import Cell, Report
from battle_healer_scenarios.scenario import Variant


@pytest.mark.parametrize("cell", CELLS, ids=name_of)
def test_each_cell_ends_as_the_oracle_says(stage: Stage, cell: tuple[str, Cell]) -> None:
    name, how = cell
    scenario = SCENARIOS[name]
    calls = asked(scenario, how.variant)  # before the run
    report = stage.play(scenario, how)
    wrong = (*complaints(report, calls), *reproaches(stage.verdict(scenario), how.planner))
    assert not wrong, told(report, calls, wrong)


def test_the_matrix_has_every_scenario_planner_client_and_method() -> None:
    whole = len(SCENARIOS) * len(GOOD + BAD) * len(CLIENTS) * len(VARIANTS)
    assert len(SCENARIOS) >= 12
    assert len(set(map(name_of, CELLS))) == len(CELLS) == whole


@pytest.mark.parametrize("planner", GOOD + BAD)
def test_a_cell_in_which_nothing_was_sent_does_not_pass(planner: str) -> None:
    for name, scenario in SCENARIOS.items():
        calls = asked(scenario, "keyed")
        silent = Report(scenario, Cell(planner, "sync", "keyed"), (), (), ())
        assert complaints(silent, calls), name


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("name", SCENARIOS)
def test_the_oracle_and_the_scenario_file_agree(name: str, variant: Variant) -> None:
    scenario = SCENARIOS[name]
    calls = asked(scenario, variant)
    for id_, it in calls.items():
        file = scenario.expected(id_, variant)
        assert file.outcome in (None, it.expected.outcome), (id_, it, file)
        assert file.effects in (None, it.expected.effects), (id_, it, file)
        if file.bounds is not None:
            assert it.expected.fewest <= file.bounds[1], (id_, it, file)
            assert file.bounds[0] <= it.expected.most, (id_, it, file)
    effects = sum(it.expected.effects for it in calls.values())
    assert scenario.expected_effects(variant) == effects


def test_the_column_of_gemini_is_chosen_by_what_it_says(stage: Stage) -> None:
    report = stage.play(SCENARIOS["everything-at-once"], Cell("gemini"))
    steps = [step for seen in report.seen if seen.outcome for step in seen.outcome.steps]
    assert [step.planner for step in steps] == ["gemini"] + ["heuristic"] * 4
