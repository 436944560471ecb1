"""What must hold of the double and of the real service alike; `make test-live` asks the latter.

The wire is tested here, not how well a model chooses: an answer that is unsure is a good one.
"""

import logging
import os
import subprocess
from pathlib import Path

import pytest
from tests.agent.planners.gemini.conftest import FACTS, KEY, LIVE_KEY, MENU, MakePlanner

from battle_healer.commands import Abstain, Ranking

ROOT = Path(__file__).parents[4]
PATIENCE_S = 10.0


@pytest.mark.parametrize("api", ["decisions", "generate"])
def test_a_question_gets_an_answer_that_keeps_the_rules(service: MakePlanner, api: str) -> None:
    answer = service(api=api).rank(MENU, FACTS, PATIENCE_S)
    if isinstance(answer, Abstain):
        assert answer.kind in ("unsure", "overruled"), answer
    else:
        assert set(answer.probabilities) <= {"p1", "p2", "p3", "none"}
    assert answer.model_calls == 1


def test_the_tokens_used_are_counted(service: MakePlanner) -> None:
    one = service()
    one.rank(MENU, FACTS, PATIENCE_S)
    spent = one.status()["spent today"]
    assert spent.startswith("1 of 1000 calls, ")
    assert not spent.startswith("1 of 1000 calls, 0 of"), spent


def test_a_key_that_is_not_valid_is_told_as_such(service: MakePlanner) -> None:
    answer = service(api_key="wrong-key-that-opens-nothing").rank(MENU, FACTS, PATIENCE_S)
    assert isinstance(answer, Abstain)
    assert answer.kind == "misconfigured", answer


@pytest.mark.parametrize("api", ["decisions", "generate"])
def test_an_unknown_model_is_told_as_such(service: MakePlanner, api: str) -> None:
    unknown = "no-such-model-here"
    one = service(api=api, model=unknown, fallback_model=unknown)
    answer = one.rank(MENU, FACTS, PATIENCE_S)
    assert isinstance(answer, Abstain)
    assert answer.kind == "no_model", answer


def test_the_key_stays_out_of_every_log(
    service: MakePlanner, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    answer = service().rank(MENU, FACTS, PATIENCE_S)
    assert caplog.records
    shown = caplog.text + repr(answer)
    assert (LIVE_KEY or KEY) not in shown


def test_an_answer_comes_well_before_a_call_would_miss_it(service: MakePlanner) -> None:
    one = service()
    one.rank(MENU, FACTS, PATIENCE_S)
    answer = one.rank(MENU, FACTS | {"requests": 2}, 1.5)
    assert isinstance(answer, Ranking) or answer.kind in ("unsure", "overruled"), answer


def test_without_a_key_the_live_tests_say_what_they_need() -> None:
    env = {name: value for name, value in os.environ.items() if name != "GEMINI_API_KEY"}
    done = subprocess.run(
        ["make", "test-live"], cwd=ROOT, env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "GEMINI_API_KEY=... make test-live" in done.stderr
    assert "nothing was tested" in done.stderr
