"""Who is asked, how often, and what is told of it: dialogues with the loop."""

from typing import Any

import pytest
from tests.support.building import Bounds, Rules, attempt, call, kit, reply
from tests.support.playing import Play, play

from battle_healer.commands import Abstain, Ask, Ranking
from battle_healer.episode import episode
from battle_healer.model import Asked
from battle_healer.planners.miss import MISSES

OK = reply(200, {"id": "c1"})
MODEL = {"planner": "gemini"}


def scene(**changes: Any) -> Play:
    return play(episode(attempt(), reply(500), kit(**(MODEL | changes))))


def ranking(**changes: Any) -> Ranking:
    given: dict[str, Any] = {"probabilities": {"p1": 0.9, "p2": 0.1}, "planner": "gemini"}
    return Ranking(**(given | {"model_calls": 1} | changes))


def test_a_model_is_asked_once_and_the_heuristics_choose_after() -> None:
    told = scene().does(Ask).answer(ranking()).sends(reply(500)).waits(0.025).sends(OK)
    first, second = told.ends("delivered").steps
    assert (first.planner, second.planner) == ("gemini", "heuristic")
    assert second.asked is None


@pytest.mark.parametrize("kind", ["slow", "down", "nonsense", "illegal", "unsure"])
def test_a_model_that_did_not_say_is_not_asked_again(kind: str) -> None:
    miss = Abstain(kind, "in words of ours", model_calls=1)
    told = scene().does(Ask).answer(miss).waits(0.025).sends(reply(500)).waits(0.05).sends(OK)
    first, second = told.ends("delivered").steps
    assert first.planner == "heuristic"
    assert first.asked == Asked("gemini", kind, "in words of ours", (), 1)
    assert first.reason.endswith("(gemini did not say: in words of ours)")
    assert second.asked is None


def test_a_planner_that_did_not_return_is_not_asked_again() -> None:
    told = scene().does(Ask).answer(Abstain("timeout")).waits(0.025).sends(reply(500))
    told.waits(0.05).sends(OK).ends("delivered")


def test_a_planner_that_costs_no_model_call_is_asked_at_every_menu() -> None:
    told = scene(planner="scripted").does(Ask).answer(Abstain("unsure")).waits(0.025)
    told.sends(reply(500)).does(Ask).answer(Abstain("unsure")).waits(0.05).sends(OK)
    told.ends("delivered")


def test_a_planner_is_told_how_many_model_calls_are_left() -> None:
    for bound in (0, 1):
        rules = Rules(bounds=Bounds(model_calls=bound))
        asked = _ask(scene(rules=rules))
        assert asked.facts["model_calls_left"] == bound


def test_a_planner_is_told_words_of_the_list_and_no_text() -> None:
    it = attempt(call())
    dialogue = episode(it, reply(500, {"detail": "under maintenance, s3cr3t"}), kit(**MODEL))
    facts = _ask(play(dialogue)).facts
    assert facts["words"] == ["maintenance"]
    assert "s3cr3t" not in repr(facts)


def test_every_probability_is_told_best_first() -> None:
    given = {"p2": 0.2, "p1": 0.7, "none": 0.1}
    told = scene().does(Ask).answer(ranking(probabilities=given, sent='{"facts": {}}')).sends(OK)
    asked = told.ends("delivered").steps[0].asked
    assert asked is not None
    assert asked.scores == (("p1", 0.7), ("p2", 0.2), ("none", 0.1))
    assert asked.sent == '{"facts": {}}'


def test_a_ranking_of_another_menu_is_told_as_invalid_and_still_counts() -> None:
    told = scene().does(Ask).answer(ranking(probabilities={"p99": 1.0})).waits(0.025)
    told.sends(reply(500)).waits(0.05).sends(OK)
    asked = told.ends("delivered").steps[0].asked
    assert asked is not None
    assert (asked.said, asked.model_calls) == ("invalid", 1)


@pytest.mark.parametrize("kind", [row.kind for row in MISSES])
def test_every_kind_of_abstention_is_told_in_words(kind: str) -> None:
    told = scene().does(Ask).answer(Abstain(kind)).waits(0.025).sends(OK).ends("delivered")
    asked = told.steps[0].asked
    assert asked is not None
    assert asked.said == kind
    assert len(asked.why.split()) >= 3


@pytest.mark.parametrize(("kind", "told"), [("off", True), ("down", True), ("sure", False)])
def test_whoever_watches_is_told_that_a_planner_did_not_say(kind: str, told: bool) -> None:
    watched = scene().does(Ask).answer(Abstain(kind, "in words of ours")).waits(0.025).sends(OK)
    watched.ends("delivered")
    notes = [note.data for note in watched.notes if note.name == "PLANNER_SILENT"]
    silent = {"planner": "gemini", "kind": kind, "why": "in words of ours", "off_s": 0.0}
    assert notes == ([silent] if told else [])


def test_what_a_planner_writes_is_shown_as_text() -> None:
    miss = Abstain("\x1b[2J", "\x1b[31m" + "a" * 9999, sent="\x1b]0;x")
    told = scene().does(Ask).answer(miss).waits(0.025).sends(OK).ends("delivered")
    assert "\x1b" not in repr(told.steps[0].asked) + told.steps[0].reason
    assert len(told.steps[0].reason) < 600


def _ask(told: Play) -> Ask:
    told.does(Ask)
    command = told.command
    assert isinstance(command, Ask)
    return command
