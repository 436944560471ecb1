"""What leaves the process: closed words and our own; the same trouble is the same question."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.agent.planners.gemini.conftest import FACTS, MENU, REGION

from battle_healer.actions.table import ACTIONS
from battle_healer.model import Adapted, Kind, Operation, OutcomeKind, Plan
from battle_healer.planners.lexicon import LEXICON
from battle_healer.planners.miss import Miss
from battle_healer.planners.question import MOST_PLANS, Question, put, scale

CLOSED = (
    {kind.value for kind in Kind}
    | {action.name for action in ACTIONS}
    | set(LEXICON)
    | {"no", "maybe", "yes", "unchanged", "changed", "never", "another", "none"}
    | {"expired", "invalid", "revoked", "missing", "scope"}
    | {"GET", "HEAD", "OPTIONS", "PUT", "DELETE", "POST", "PATCH"}
    | {"under 1 s", "1 to 5 s", "5 to 30 s", "to 5 min", "more than 5 min"}
)


def asked(**changes: Any) -> Question:
    question = put(MENU, FACTS | changes)
    assert isinstance(question, Question)
    return question


def strings(value: Any) -> set[str]:
    match value:
        case str():
            return {value}
        case list():
            return {one for row in value for one in strings(row)}
        case dict():
            return {one for row in value.values() for one in strings(row)}
        case _:
            return set()


anything = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.binary()),
    lambda rows: st.one_of(st.lists(rows), st.dictionaries(st.text(), rows)),
    max_leaves=5,
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.fixed_dictionaries(dict.fromkeys(FACTS, anything)), st.dictionaries(st.text(), anything))
def test_whatever_facts_hold_only_closed_words_are_sent(
    facts: dict[str, Any], more: dict[str, Any]
) -> None:
    question = put(MENU, more | facts)
    assert isinstance(question, Question)
    assert strings(json.loads(question.input)) <= CLOSED


def test_a_plan_is_told_by_its_action_and_not_by_what_it_holds() -> None:
    secret = "canary-s3cr3t"
    region = REGION.__class__(secret, f"https://{secret}.example")
    operations = (Operation("replace", f"/{secret}", secret, evidence=secret),)
    plan = Plan(
        "repair_request", secret, "p1", region, credential=secret, body=secret.encode(),
        operations=operations, queue=secret, tier=secret,
        adapted=Adapted(secret.encode(), operations, complete=False),
    )  # fmt: skip
    question = put((plan, MENU[-1]), FACTS)
    assert isinstance(question, Question)
    assert secret not in question.sent
    assert question.options["p1"].startswith("repair_request: ")


def test_calls_in_the_same_trouble_ask_the_same_question() -> None:
    one = asked(remaining_s=29.9, server_wait_s=2.1)
    assert one.fingerprint == asked(remaining_s=17.2, server_wait_s=3.9).fingerprint
    assert one.fingerprint != asked(remaining_s=17.2, server_wait_s=9).fingerprint
    assert one.fingerprint != asked(kind="timeout").fingerprint


def test_alike_plans_are_told_apart_by_their_place() -> None:
    region = Plan("fail_over", "another", "p2", region=REGION)
    question = put((MENU[0], region, MENU[-1]), FACTS)
    assert isinstance(question, Question)
    assert question.options["p1"].endswith(", 1 of 2")
    assert question.options["p2"].endswith(", 2 of 2")


def test_none_is_always_offered_last() -> None:
    assert [*asked().options] == ["p1", "p2", "p3", "none"]


@pytest.mark.parametrize("plans", [MOST_PLANS + 1, 200])
def test_a_long_menu_is_not_asked_about_and_says_how_long(plans: int) -> None:
    menu = tuple(Plan("retry", "it may help", f"p{n}") for n in range(plans))
    assert put(menu, FACTS) == Miss(
        "too_long", f"a menu of {plans} plans; at most {MOST_PLANS} are asked about"
    )


def test_the_longest_menu_fits() -> None:
    menu = tuple(
        Plan("refresh_credential", "x", f"p{n}", region=REGION, wait_s=1e9, ends=OutcomeKind.FAILED)
        for n in range(MOST_PLANS)
    )
    assert isinstance(put(menu, FACTS), Question)


@pytest.mark.parametrize(
    ("seconds", "word"),
    [(None, None), ("1", None), (True, None), (-1, "none"), (0, "none"), (0.2, "under 1 s"),
     (1, "under 1 s"), (5, "1 to 5 s"), (31, "to 5 min"), (1e12, "more than 5 min"),
     (float("nan"), "more than 5 min"), (float("inf"), "more than 5 min")],
)  # fmt: skip
def test_a_time_is_told_by_its_scale(seconds: object, word: str | None) -> None:
    assert scale(seconds) == word
