"""A write that may have taken effect is not sent again without a key, whoever chooses."""

from functools import partial

import pytest
from tests.matrix.books import harms
from tests.matrix.cells import BAD, CLIENTS, GOOD, SCENARIOS, Erratic, asked, planner_row
from tests.matrix.conftest import Stage
from tests.matrix.judging import complaints, told

from battle_healer_cli.running.report import Cell, Client

DOUBTFUL = ("ambiguous-500", "reset-after-effect")
SEEDS = range(12)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", DOUBTFUL)
def test_no_planner_brings_about_two_effects_without_a_key(
    stage: Stage, name: str, seed: int
) -> None:
    planner = stage.introduce(planner_row(partial(Erratic, seed), warns=True))
    for variant in ("unkeyed", "keyed"):
        calls = asked(SCENARIOS[name], variant)
        report = stage.play(SCENARIOS[name], Cell(planner, CLIENTS[seed % 2], variant))
        assert not harms(report, calls), told(report, calls, complaints(report, calls))
        assert [report.effects_of(id_) for id_ in calls] == [1] * len(calls)
        if variant == "unkeyed":
            assert {one.requests for one in report.seen} == {1}


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("planner", [*GOOD, *BAD])
@pytest.mark.parametrize("name", DOUBTFUL)
def test_with_a_key_it_is_delivered_with_one_effect(
    stage: Stage, name: str, planner: str, client: Client
) -> None:
    report = stage.play(SCENARIOS[name], Cell(planner, client, "keyed"))
    for one in report.seen:
        assert (one.ended, report.effects_of(one.id)) == ("delivered", 1)


def test_the_erratic_planners_differ(stage: Stage) -> None:
    """Otherwise a dozen of them would prove no more than one."""
    courses = set()
    for seed in SEEDS:
        planner = stage.introduce(planner_row(partial(Erratic, seed), warns=True))
        report = stage.play(SCENARIOS["jobs"], Cell(planner, "async", "keyed"))
        courses.add(tuple(one.actions for one in report.seen))
    assert len(courses) > 3
