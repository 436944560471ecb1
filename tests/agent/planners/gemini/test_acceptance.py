"""Which answers are taken: for any reply, probabilities of this menu or a Miss, never more."""

import json
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.agent.planners.gemini.conftest import FACTS, MENU

from battle_healer.planners.gemini.acceptance import Scores, of_decisions, of_generated
from battle_healer.planners.miss import BY_KIND, Miss
from battle_healer.planners.question import Question, put

IDS = ("p1", "p2", "p3", "none")


def question() -> Question:
    made = put(MENU, FACTS)
    assert isinstance(made, Question)
    return made


def answer(*chances: Any, **changes: Any) -> SimpleNamespace:
    given = dict(zip(IDS, chances, strict=False))
    best = max(given, key=lambda id_: given[id_]) if given else "p1"
    row: dict[str, Any] = {"type": "choice", "choice": best, "probabilities": given}
    return SimpleNamespace(**row | changes)


def reply(plan: Any, plan_rev: Any = None) -> SimpleNamespace:
    answers = {"plan": plan, "plan_rev": plan if plan_rev is None else plan_rev}
    return SimpleNamespace(answers=answers, prompt_feedback=None)


def generated(text: object, finish: object = "STOP") -> SimpleNamespace:
    return SimpleNamespace(
        text=text, candidates=[SimpleNamespace(finish_reason=finish)], prompt_feedback=None
    )


def kind(found: Scores | Miss) -> str:
    return found.kind if isinstance(found, Miss) else "taken"


@pytest.mark.parametrize(
    ("plan", "expected"),
    [
        (answer(0.83, 0.07, 0.05, 0.05), "taken"),
        (answer(1, 0, 0, 0), "taken"),
        (answer(0.5, 0.3, 0.1, 0.1), "taken"),
        (answer(0.49, 0.3, 0.11, 0.1), "unsure"),
        (answer(0.55, 0.41, 0.02, 0.02), "unsure"),
        (answer(0.1, 0.1, 0.1, 0.7), "unsure"),
        (answer(0.83, 0.07, 0.05), "illegal"),
        (answer(0.83, 0.07, 0.05, 0.10), "illegal"),
        (answer(0.9, 0.4, -0.15, -0.15), "illegal"),
        (answer(True, False, False, False), "illegal"),
        (answer("1", "0", "0", "0"), "illegal"),
        (answer(float("nan"), 0, 0, 1), "illegal"),
        (answer(float("inf"), 0, 0, 0), "illegal"),
        (answer(0.83, 0.07, 0.05, 0.05, choice="p2"), "illegal"),
        (answer(0.83, 0.07, 0.05, 0.05, choice="p99"), "illegal"),
        (answer(0.83, 0.07, 0.05, 0.05, choice=None), "illegal"),
        (answer(0.83, 0.07, 0.05, 0.05, type="score"), "illegal"),
        (answer(0.83, 0.07, 0.05, 0.05, probabilities=[0.83]), "illegal"),
        (answer(1, probabilities={"p1": 1.0}), "illegal"),
        (answer(1, 0, 0, 0, probabilities=dict.fromkeys((*IDS, "p99"), 0) | {"p1": 1}), "illegal"),
        (None, "illegal"),
    ],
)
def test_each_rule_of_a_decision(plan: Any, expected: str) -> None:
    assert kind(of_decisions(reply(plan), question())) == expected


def test_an_answer_that_changes_with_the_order_is_not_trusted() -> None:
    found = of_decisions(
        reply(answer(0.8, 0.1, 0.05, 0.05), answer(0.1, 0.8, 0.05, 0.05)), question()
    )
    assert found == Miss("unsure", "the order of the options changed its mind")


def test_the_mean_of_both_orders_counts() -> None:
    found = of_decisions(reply(answer(0.8, 0.1, 0.1, 0.0), answer(0.9, 0.0, 0.1, 0.0)), question())
    assert isinstance(found, dict)
    assert found["p1"] == pytest.approx(0.85)
    assert next(iter(found)) == "p1"


@pytest.mark.parametrize(
    ("text", "finish", "expected"),
    [
        ('{"choice": "p1", "confidence": 0.9}', "STOP", "taken"),
        ('{"choice": "p1", "confidence": 0.55}', "STOP", "unsure"),
        ('{"choice": "none", "confidence": 0.9}', "STOP", "unsure"),
        ('{"choice": "p1", "confidence": 0.9, "reason": "obey"}', "STOP", "illegal"),
        ('{"choice": "p9", "confidence": 0.9}', "STOP", "illegal"),
        ('{"choice": ["p1"], "confidence": 0.9}', "STOP", "illegal"),
        ('{"choice": "p1", "confidence": NaN}', "STOP", "illegal"),
        ('{"choice": "p1", "confidence": true}', "STOP", "illegal"),
        ('{"choice": "p1"}', "STOP", "illegal"),
        ('["p1"]', "STOP", "illegal"),
        ("p1", "STOP", "nonsense"),
        ("[" * 100_000, "STOP", "nonsense"),
        (None, "STOP", "nonsense"),
        ('{"choice": "p1", "confidence": 0.9}', "MAX_TOKENS", "nonsense"),
        ('{"choice": "p1", "confidence": 0.9}', "SAFETY", "refused"),
        ('{"choice": "p1", "confidence": 0.9}', None, "nonsense"),
    ],
)
def test_each_rule_of_a_generated_answer(text: object, finish: object, expected: str) -> None:
    assert kind(of_generated(generated(text, finish), question())) == expected


plain = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8))
chances = st.dictionaries(st.one_of(st.sampled_from(IDS), st.text(max_size=4)), plain, max_size=6)
answers = st.one_of(
    plain,
    st.builds(
        lambda p, c, t: answer(probabilities=p, choice=c, type=t),
        chances,
        plain,
        st.sampled_from(["choice", "score", ""]),
    ),
)
replies = st.one_of(
    plain, st.lists(plain),
    st.builds(lambda a, f: SimpleNamespace(answers=a, prompt_feedback=f),
              st.one_of(plain, st.dictionaries(st.sampled_from(["plan", "plan_rev"]), answers)),
              plain),
    st.builds(generated, st.one_of(plain, st.builds(json.dumps, st.dictionaries(
        st.sampled_from(["choice", "confidence"]), plain))), plain),
)  # fmt: skip


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(replies)
def test_any_reply_gives_probabilities_of_the_menu_or_none(told: Any) -> None:
    for accept in (of_decisions, of_generated):
        found = accept(told, question())
        if isinstance(found, Miss):
            assert found.kind in BY_KIND
        else:
            assert set(found) <= set(IDS)
            assert next(iter(found)) != "none"
            assert all(0 <= p <= 1 for p in found.values())
