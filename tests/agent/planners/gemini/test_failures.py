"""Every way in which the service can fail, over real sockets: it costs its budget, never more."""

import time

import pytest
from tests.agent.planners.gemini.conftest import (
    AN_AGE_S,
    FACTS,
    MENU,
    MakePlanner,
    budget_s,
)

from battle_healer.commands import Abstain, Ranking
from battle_healer_mock.gemini.faults import FAULTS
from battle_healer_mock.gemini.server import GeminiDouble

# What each fault is to us when Decisions are asked, and when an answer is generated.
KINDS = {
    "hang": ("slow", "slow"),
    "drip_headers": ("slow", "slow"),
    "drip": ("slow", "slow"),
    "limited": ("limited", "limited"),
    "limited_by_header": ("limited", "limited"),
    "overloaded": ("down", "down"),
    "unavailable": ("down", "down"),
    "internal": ("down", "down"),
    "late": ("down", "down"),
    "bad_key": ("misconfigured", "misconfigured"),
    "unauthenticated": ("misconfigured", "misconfigured"),
    "denied": ("misconfigured", "misconfigured"),
    "no_model": ("no_model", "no_model"),
    "bad_request": ("no_model", "no_model"),
    "redirect": ("misconfigured", "misconfigured"),
    "html": ("nonsense", "nonsense"),
    "html_503": ("down", "down"),
    "reset": ("down", "down"),
    "cut": ("down", "down"),
    "half_json": ("nonsense", "nonsense"),
    "empty": ("nonsense", "nonsense"),
    "null": ("nonsense", "nonsense"),
    "list": ("nonsense", "nonsense"),
    "text": ("nonsense", "nonsense"),
    "nothing": ("nonsense", "nonsense"),
    "no_answer": ("nonsense", "nonsense"),
    "blocked": ("refused", "refused"),
    "safety": ("refused", "refused"),
    "max_tokens": ("nonsense", "nonsense"),
    "outside_menu": ("illegal", "illegal"),
    "one_missing": ("illegal", "illegal"),
    "too_sure": ("illegal", "illegal"),
    "sum_of_two": ("illegal", "illegal"),
    "nan": ("illegal", "illegal"),
    "wrong_type": ("illegal", "illegal"),
    "list_for_map": ("illegal", "illegal"),
    "unknown_answer": ("illegal", "illegal"),
    "created": ("nonsense", "nonsense"),
    "huge": ("nonsense", "nonsense"),
    "gzip_bomb": ("nonsense", "nonsense"),
    "deep": ("nonsense", "nonsense"),
}
CASES = [(fault.name, api) for fault in FAULTS for api in ("decisions", "generate")]


def test_every_fault_of_the_double_has_its_row() -> None:
    assert set(KINDS) == {fault.name for fault in FAULTS}


@pytest.mark.usefixtures("patient_sdk")
@pytest.mark.parametrize(("fault", "api"), CASES, ids=map("-".join, CASES))
def test_each_failure_is_told_by_its_kind_within_the_budget(
    planner: MakePlanner, double: GeminiDouble, fault: str, api: str
) -> None:
    asked = planner(api=api)
    double.double.set(faults=fault)
    began = time.monotonic()
    answer = asked.rank(MENU, FACTS, budget_s(fault))
    assert time.monotonic() - began < AN_AGE_S
    assert isinstance(answer, Abstain), answer
    assert answer.kind == KINDS[fault][api == "generate"], answer
    assert answer.why
    assert [row.fault for row in double.double.wire] == [fault], "asked once, no retry of the SDK's"


@pytest.mark.parametrize("api", ["decisions", "generate"])
def test_a_good_answer_ranks_the_whole_menu_by_ids(planner: MakePlanner, api: str) -> None:
    answer = planner(api=api).rank(MENU, FACTS, 5.0)
    assert isinstance(answer, Ranking), answer
    assert max(answer.probabilities, key=lambda id_: answer.probabilities[id_]) == "p1"
    assert set(answer.probabilities) <= {"p1", "p2", "p3", "none"}
    assert "scripted-double finds p1 best: 0.83" in answer.reason
    assert answer.model_calls == 1
