"""What the planner may cost: calls, tokens, money, threads, time."""

import asyncio
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from tests.agent.planners.gemini.conftest import AN_AGE_S, FACTS, MENU, MakePlanner
from tests.support.building import FixedClock

from battle_healer.commands import Abstain, Ranking
from battle_healer.planners.breaker import FAILURES, OPEN_S
from battle_healer.planners.cascade import Cascade
from battle_healer.planners.gemini.planner import Gemini
from battle_healer_mock.gemini.server import GeminiDouble


def facts(number: int = 0, **changes: Any) -> dict[str, Any]:
    """Facts of a call that nobody has asked about yet."""
    return FACTS | {"requests": number} | changes


UNSURE = facts(kind="unknown")


def kind_of(answer: Ranking | Abstain) -> str:
    return answer.kind if isinstance(answer, Abstain) else "ranked"


def test_a_crowd_that_asks_the_same_is_one_call(planner: MakePlanner, double: GeminiDouble) -> None:
    asked = planner()
    with ThreadPoolExecutor(20) as pool:
        answers = [*pool.map(lambda _: asked.rank(MENU, FACTS, 5.0), range(100))]
    assert [kind_of(answer) for answer in answers] == ["ranked"] * 100
    assert len(double.double.wire) == 1
    assert len([answer for answer in answers if answer.tokens]) == 1, "one of them paid"


def test_other_facts_are_another_question(planner: MakePlanner, double: GeminiDouble) -> None:
    asked = planner()
    for number in range(3):
        asked.rank(MENU, facts(number), 5.0)
    assert len(double.double.wire) == 3


def test_a_failure_is_not_shared_later(planner: MakePlanner, double: GeminiDouble) -> None:
    asked = planner()
    double.double.set(faults="unavailable")
    assert kind_of(asked.rank(MENU, FACTS, 5.0)) == "down"
    assert kind_of(asked.rank(MENU, FACTS, 5.0)) == "ranked"


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ({"calls_per_minute": 2}, "2 calls a minute"),
        ({"calls_per_day": 2}, "2 calls a day"),
        ({"tokens_per_minute": 1500}, "1500 tokens a minute"),
        ({"tokens_per_day": 1500}, "1500 tokens a day"),
        ({"usd_per_minute": 0.00015}, "0.00015 usd a minute"),
        ({"usd_per_day": 0.00015}, "0.00015 usd a day"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_spent_budget_is_told_and_nothing_more_is_sent(
    planner: MakePlanner, double: GeminiDouble, setting: dict[str, float], said: str
) -> None:
    asked = planner(**setting)
    answers = [asked.rank(MENU, facts(number), 5.0) for number in range(40)]
    last = answers[-1]
    assert isinstance(last, Abstain)
    assert last.kind == "spent"
    assert said in last.why
    assert 1 <= len(double.double.wire) <= 30
    assert last.model_calls == 0


def test_a_policy_sets_the_budget_and_what_others_spent_counts(
    planner: MakePlanner, double: GeminiDouble
) -> None:
    shared = planner()
    strict = shared.within({"calls_per_day": 2})
    assert kind_of(shared.rank(MENU, facts(1), 5.0)) == "ranked"
    assert kind_of(strict.rank(MENU, facts(2), 5.0)) == "ranked"
    answer = strict.rank(MENU, facts(3), 5.0)
    assert isinstance(answer, Abstain)
    assert answer.why == "the budget of 2 calls a day is spent"
    assert kind_of(Cascade(shared).within({"calls_per_day": 2}).rank(MENU, UNSURE, 5.0)) == "spent"
    assert len(double.double.wire) == 2
    assert kind_of(shared.rank(MENU, facts(4), 5.0)) == "ranked"


def test_a_spent_budget_is_logged_once(
    planner: MakePlanner, double: GeminiDouble, caplog: pytest.LogCaptureFixture
) -> None:
    asked = planner(calls_per_day=0)
    for number in range(3):
        asked.rank(MENU, facts(number), 5.0)
    told = [record.getMessage() for record in caplog.records if record.name == "battle_healer"]
    assert told == [
        "planner gemini: the budget of 0 calls a day is spent; the heuristics choose instead"
    ]
    assert double.double.wire == ()


def test_a_call_that_has_had_its_model_call_gets_no_other(
    planner: MakePlanner, double: GeminiDouble
) -> None:
    answer = planner().rank(MENU, FACTS | {"model_calls_left": 0}, 5.0)
    assert kind_of(answer) == "spent"
    assert double.double.wire == ()


def test_a_model_cannot_give_up_where_the_heuristics_are_sure(
    planner: MakePlanner, double: GeminiDouble
) -> None:
    double.double.set("giving_up")
    answer = planner().rank(MENU, FACTS, 5.0)
    assert isinstance(answer, Abstain)
    assert answer.kind == "overruled"
    assert answer.why == "it prefers abort where fail_over is sure to be tried"
    assert kind_of(planner().rank(MENU, facts(kind="unknown"), 5.0)) == "ranked"


def test_failures_in_a_row_open_the_breaker_and_say_so_once(
    planner: MakePlanner, double: GeminiDouble, caplog: pytest.LogCaptureFixture
) -> None:
    asked = planner()
    double.double.set(faults="unavailable*inf")
    kinds = [kind_of(asked.rank(MENU, facts(number), 5.0)) for number in range(6)]
    assert kinds == ["down"] * FAILURES + ["off"] * 3
    assert len(double.double.wire) == FAILURES
    told = [record.getMessage() for record in caplog.records if record.name == "battle_healer"]
    assert told == [
        "planner gemini: not asked for 30 s more: the service fails (503); "
        "the heuristics choose instead"
    ]
    assert "the service fails (503)" in asked.status()["breaker"]


@pytest.mark.parametrize("api", ["decisions", "generate"])
@pytest.mark.parametrize("fault", ["limited", "limited_by_header", "overloaded"])
def test_a_time_that_the_service_names_is_obeyed(
    planner: MakePlanner, double: GeminiDouble, fault: str, api: str
) -> None:
    """I3: one second before it nothing reaches the wire, and one second after it something does."""
    clock = FixedClock()
    asked = planner(api=api, now=clock.now)
    double.double.set(faults=f"{fault}=17")
    assert kind_of(asked.rank(MENU, facts(1), 5.0)) in ("limited", "down")
    clock.time += 16.0
    answer = asked.rank(MENU, facts(2), 5.0)
    assert isinstance(answer, Abstain)
    assert answer.kind == "off"
    assert "not asked for 1 s more" in answer.why
    assert len(double.double.wire) == 1
    clock.time += 2.0
    assert kind_of(asked.rank(MENU, facts(3), 5.0)) == "ranked"
    assert len(double.double.wire) == 2


def test_a_wrong_key_is_asked_with_once(planner: MakePlanner, double: GeminiDouble) -> None:
    asked = planner(api_key="wrong-key-0123456789")
    for number in range(3):
        answer = asked.rank(MENU, facts(number), 5.0)
        assert isinstance(answer, Abstain)
        assert answer.kind == "misconfigured"
        assert "API key is not valid" in answer.why
    assert len(double.double.wire) == 1


def test_an_unknown_model_is_asked_for_in_every_way_and_then_no_more(
    planner: MakePlanner, double: GeminiDouble
) -> None:
    asked = planner(model="no-such-model", fallback_model="nor-this")
    kinds = [kind_of(asked.rank(MENU, facts(number), 5.0)) for number in range(5)]
    assert kinds == ["no_model"] * 3 + ["misconfigured"] * 2
    targets = [row.target for row in double.double.wire]
    assert targets[0] == "/v1beta/decisions"
    assert targets[1:] == ["/v1beta/models/nor-this:generateContent"] * 2


def test_without_decisions_the_next_episode_generates(
    planner: MakePlanner, double: GeminiDouble
) -> None:
    asked = planner(model="no-such-model")
    assert kind_of(asked.rank(MENU, facts(1), 5.0)) == "no_model"
    assert kind_of(asked.rank(MENU, facts(2), 5.0)) == "ranked"


@pytest.mark.usefixtures("patient_sdk")
def test_questions_that_hang_leave_no_threads(planner: MakePlanner, double: GeminiDouble) -> None:
    asked = planner(calls_per_minute=1000)
    asked.rank(MENU, FACTS, 5.0)
    before = threading.active_count()
    double.double.set(faults="hang*inf")
    began = time.monotonic()
    for number in range(1, 20):
        asked.rank(MENU, facts(number), 0.2)
    assert time.monotonic() - began < AN_AGE_S
    assert threading.active_count() <= before
    assert _tasks(asked) == 1, "only the one that counts"


def _tasks(asked: Gemini) -> int:
    """Tasks in the planner's own loop."""

    async def count() -> int:
        await asyncio.sleep(0)  # lets those that were cancelled end
        return len(asyncio.all_tasks())

    return asked._thread.submit(count).result(5.0)


def test_more_questions_than_slots_are_turned_away_at_once(
    planner: MakePlanner, double: GeminiDouble
) -> None:
    asked = planner()
    double.double.set(faults="hang*inf")
    with ThreadPoolExecutor(12) as pool:
        answers = [*pool.map(lambda n: asked.rank(MENU, facts(n), 1.0), range(12))]
    kinds = sorted(map(kind_of, answers))
    assert kinds.count("busy") >= 4
    assert len(double.double.wire) <= 4


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"api_key": None}, "no API key; set GEMINI_API_KEY"),
        ({"api_key": "short"}, "the API key is no key"),
        ({"api_key": "ключ-ключ-ключ-ключ"}, "the API key is no key"),
    ],
    ids=["none", "short", "not ASCII"],
)
def test_without_a_usable_key_nothing_is_sent(
    planner: MakePlanner, double: GeminiDouble, changes: dict[str, Any], says: str,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    asked = planner(warm=False, **changes)
    for _ in range(3):
        answer = asked.rank(MENU, FACTS, 0.2)
        assert isinstance(answer, Abstain)
        assert answer.kind == "misconfigured"
        assert says in answer.why
    assert double.double.wire == ()
    assert len([r for r in caplog.records if says in r.getMessage()]) == 1


def test_a_key_for_browsers_is_refused_by_name(
    planner: MakePlanner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NEXT_PUBLIC_GEMINI_API_KEY", "public-key-0123456789")
    answer = planner(api_key=None, warm=False).rank(MENU, FACTS, 0.2)
    assert isinstance(answer, Abstain)
    assert "published to browsers" in answer.why


@pytest.mark.parametrize("fault", ["unavailable", "html", "limited"])
def test_a_question_that_failed_is_told_with_about_what_it_used(
    planner: MakePlanner, double: GeminiDouble, fault: str
) -> None:
    asked = planner()
    double.double.set(faults=fault)
    answer = asked.rank(MENU, FACTS, 5.0)
    assert isinstance(answer, Abstain)
    assert f"{answer.tokens} of" in asked.status()["spent today"]


def test_a_planner_says_for_how_long_it_asks_nothing(
    planner: MakePlanner, double: GeminiDouble
) -> None:
    clock = FixedClock()
    asked = planner(now=clock.now)
    double.double.set(faults=",".join(["unavailable"] * FAILURES))
    answers = [asked.rank(MENU, facts(number), 5.0) for number in range(FAILURES + 1)]
    told = [answer.off_s for answer in answers if isinstance(answer, Abstain)]
    assert told == [*[0.0] * (FAILURES - 1), OPEN_S, OPEN_S]


def test_a_planner_that_cannot_work_says_that_it_is_off_for_good(planner: MakePlanner) -> None:
    answer = planner(api_key=None).rank(MENU, FACTS, 5.0)
    assert isinstance(answer, Abstain)
    assert (answer.kind, answer.off_s) == ("misconfigured", None)
