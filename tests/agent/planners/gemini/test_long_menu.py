"""A menu of 200 plans: no model is asked, a line says so, and the call is healed all the same."""

from collections.abc import Iterator

from tests.agent.planners.gemini.conftest import MakePlanner
from tests.support.building import attempt, kit, reply
from tests.support.playing import Play, play

from battle_healer.actions.action import Action
from battle_healer.actions.table import BY_NAME
from battle_healer.commands import Ask, Ranking, Wait
from battle_healer.episode import episode
from battle_healer.model import Plan
from battle_healer.planners.gemini.planner import Gemini
from battle_healer.story import Means, Story
from battle_healer_mock.gemini.server import GeminiDouble

OK = reply(200, {"id": "c1"})


def _many(story: Story, means: Means) -> Iterator[Plan]:
    for n in range(199):
        yield Plan("retry", f"way {n}", region=story.region, credential=story.credential,
                   wait_s=1.0 + n / 100)  # fmt: skip


MANY = Action("many", "sends again, in many ways", "always", _many)


def asked(planner: Gemini) -> Play:
    """A call that failed, up to what the planner answers."""
    actions = (MANY, BY_NAME["abort"])
    told = play(episode(attempt(), reply(500), kit(planner="gemini", actions=actions)))
    told.does(Ask)
    assert isinstance(told.command, Ask)
    assert len(told.command.menu) == 200
    return told.answer(planner.rank(told.command.menu, told.command.facts, 5.0))


def test_the_heuristics_choose_and_a_line_says_why(
    planner: MakePlanner, double: GeminiDouble
) -> None:
    told = asked(planner(warm=False))
    outcome = told.does(Wait, seconds=1.0).answer(None).sends(OK).ends("delivered")
    (step,) = outcome.steps
    says = "gemini did not say: a menu of 200 plans; at most 16 are asked about"
    assert says in step.reason
    assert (step.planner, step.asked and step.asked.model_calls) == ("heuristic", 0)
    assert double.double.wire == ()


def test_a_planner_without_such_a_bound_may_choose_any_of_them() -> None:
    actions = (MANY, BY_NAME["abort"])
    told = play(episode(attempt(), reply(500), kit(planner="mine", actions=actions)))
    told.does(Ask).answer(Ranking({"p199": 1.0}, "mine")).does(Wait, seconds=2.98)
    told.answer(None).sends(OK).ends("delivered")
