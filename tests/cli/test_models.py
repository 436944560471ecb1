"""Planners that ask a model, from the command line: with a double, without a key, explained."""

from __future__ import annotations

import json
import os
import re
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from battle_healer_mock.gemini.double import MODEL
from battle_healer_mock.gemini.server import GeminiDouble

Healer = Callable[..., Any]


@pytest.fixture(autouse=True)
def no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith(("GEMINI_", "GOOGLE_"))]:
        monkeypatch.delenv(name)


@pytest.fixture
def double(monkeypatch: pytest.MonkeyPatch) -> Iterator[GeminiDouble]:
    """A double that the settings point at."""
    with GeminiDouble() as running:
        monkeypatch.setenv("HEALER_GEMINI_API_KEY", "a-key-that-opens-nothing")
        monkeypatch.setenv("HEALER_GEMINI_BASE_URL", running.url)
        monkeypatch.setenv("HEALER_GEMINI_MODEL", MODEL)
        yield running


def healed(healer: Healer, mock: Any, *more: str) -> Any:
    asked = ["call", "GET", f"{mock.url}/external-api", "-H", mock.bearer]
    return healer(*asked, "--simulate", "region_down", "--planner", "gemini", *more)


def test_a_scenario_is_chosen_by_the_double_and_says_so(healer: Healer) -> None:
    ran = healer("scenarios", "run", "everything-at-once", "--planner", "gemini")
    assert ran.code == 0, ran.out
    assert "a double of the Gemini API answers, no model does" in ran.err
    assert "gemini: region us does not answer well" in ran.out
    assert "facts sent: kind=unavailable, processed=no" in ran.out
    assert "option sent: p1 fail_over: sends to the next region by priority" in ran.out
    assert "probabilities: p1 fail_over 0.83, p2 abort 0.09, none 0.09" in ran.out
    assert f"{MODEL} finds p1 best" in ran.out
    assert ran.out.count("gemini: ") == 1


def test_the_environment_is_as_before_after_a_run(healer: Healer) -> None:
    before = dict(os.environ)
    healer("scenarios", "run", "ok", "--planner", "auto")
    assert dict(os.environ) == before


def test_explain_shows_what_was_sent_and_said(
    healer: Healer, mock: Any, double: GeminiDouble
) -> None:
    ran = healed(healer, mock, "--explain")
    assert ran.code == 0
    assert "menu: p1 fail_over, p2 abort; chosen by gemini with p=0.83" in ran.err
    assert "facts sent: kind=unavailable" in ran.err
    assert "probabilities: p1 fail_over 0.83" in ran.err
    assert "veto I3: no retry" in ran.err


def test_json_tells_the_question_and_every_score(
    healer: Healer, mock: Any, double: GeminiDouble
) -> None:
    step, *_ = healed(healer, mock, "--json").json["steps"]
    assert step["asked"]["said"] == "ranked"
    assert step["asked"]["scores"]["p1"] == 0.83
    assert json.loads(step["asked"]["sent"])["facts"]["kind"] == "unavailable"


UNUSABLE = [
    ("API_KEY", "", "no API key; set GEMINI_API_KEY"),
    ("API_KEY", "wrong-key-0123456789", "the API key is not valid (400)"),
    ("API_KEY", "short", "the API key is no key"),
    ("MODEL", "no-such-model", "does not know the model or the method (404)"),
    ("BASE_URL", "http://api.example/", "must be an https URL"),
    ("CALLS_PER_DAY", "0", "the budget of 0 calls a day is spent"),
]


@pytest.mark.parametrize("unusable", UNUSABLE, ids=lambda row: "=".join(row[:2]))
def test_what_keeps_a_model_from_being_asked_is_a_clear_line_and_harms_no_call(
    healer: Healer,
    mock: Any,
    double: GeminiDouble,
    monkeypatch: pytest.MonkeyPatch,
    unusable: tuple[str, str, str],
) -> None:
    name, value, says = unusable
    monkeypatch.setenv(f"HEALER_GEMINI_{name}", value)
    ran = healed(healer, mock)
    assert ran.code == 0
    assert "fail_over" in ran.err
    [line] = [line for line in ran.err.splitlines() if "gemini did not say" in line]
    assert says in line


def test_a_page_under_the_base_url_harms_no_call(
    healer: Healer, mock: Any, double: GeminiDouble
) -> None:
    double.double.set(faults="html")
    ran = healed(healer, mock)
    assert ran.code == 0
    assert "no answer of the Gemini API; is the base URL right?" in ran.err


def test_a_setting_that_cannot_be_read_stops_with_its_name(
    healer: Healer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEALER_GEMINI_MODEL", "no good\x1b")
    ran = healer("call", "GET", "http://127.0.0.1:1/", "--planner", "gemini")
    assert ran.code == 2
    assert ran.err.startswith("HEALER_GEMINI_MODEL: a value that cannot be used.")


def test_an_unknown_planner_gets_the_nearest(healer: Healer) -> None:
    ran = healer("demo", "--planner", "gemni")
    assert ran.code == 2
    assert "Did you mean gemini?" in ran.err


def test_the_doctor_tells_of_the_model_without_asking_it(
    healer: Healer, double: GeminiDouble
) -> None:
    ran = healer("doctor")
    assert f"model {MODEL}, at {double.url}, breaker closed, spent today 0 of 1000" in ran.out
    assert "a-key-that-opens-nothing" not in ran.out
    assert double.double.wire == ()


def test_the_doctor_finds_a_planner_that_cannot_ask(
    healer: Healer, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "cannot ask a model: no API key" in healer("doctor").out
    assert healer("doctor").code == 0
    monkeypatch.setenv("HEALER_PLANNER", "auto")
    assert healer("doctor").code == 6


def test_the_mock_can_be_a_double_of_the_model(spawn: Any) -> None:
    process = spawn("mock", "--gemini", "--port", "0", "--json", "--simulate", "no_model")
    ready = json.loads(process.stdout.readline())
    assert ready["model"] == MODEL
    with urllib.request.urlopen(ready["url"] + "/control") as reply:  # noqa: S310 - our own server
        assert json.load(reply)["faults"] == [{"fault": "no_model", "left": "1"}]
    process.terminate()
    assert process.wait(10) == 0


def planners_line(healer: Healer) -> str:
    """What the doctor says of planners, on one line."""
    words = " ".join(healer("doctor").out.split())
    return words[words.index(" planners ") : words.index(" home ")]


def test_the_doctor_tells_what_planners_of_other_processes_spent(
    healer: Healer, mock: Any, double: GeminiDouble
) -> None:
    assert "no planner was asked yet" in planners_line(healer)
    asked = healed(healer, mock, "--json").json["steps"][0]["asked"]
    line = planners_line(healer)
    assert asked["tokens"] > 100
    assert f"1 model call and {asked['tokens']} tokens today" in line
    assert "did not say" not in line


def test_the_doctor_tells_the_last_trouble_of_a_planner_and_until_when_it_is_off(
    healer: Healer, mock: Any, double: GeminiDouble
) -> None:
    double.double.set(faults="limited")
    healed(healer, mock)
    line = planners_line(healer)
    assert re.search(
        r"today; (\S+)Z: gemini did not say \(limited\): .+; off until (?!\1)\S+Z$", line.strip()
    ), line


def test_the_doctor_tells_of_a_planner_that_is_off_for_good(
    healer: Healer, mock: Any, double: GeminiDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEALER_GEMINI_API_KEY", "")
    healed(healer, mock)
    line = planners_line(healer)
    assert "0 model calls and 0 tokens today" in line
    assert "gemini did not say (misconfigured): no API key" in line
    assert line.strip().endswith("off until the settings change")
