"""The double refuses what the service refuses, and keeps what it saw."""

import json
from typing import Any

import httpx2
import pytest

from battle_healer_mock.errors import BadInputError
from battle_healer_mock.gemini.double import LABEL, MODELS, Double
from battle_healer_mock.gemini.faults import FAULTS
from battle_healer_mock.gemini.policies import POLICIES
from battle_healer_mock.gemini.server import GeminiDouble

DECISIONS = "/v1beta/decisions"
GENERATE = "/v1beta/models/scripted-double:generateContent"
OPTIONS = {"p1": "retry: again", "p2": "fail_over: elsewhere", "none": "nothing"}
CHOICE = {"type": "choice", "instructions": "Which?", "criteria": OPTIONS}


def question(**changes: Any) -> dict[str, Any]:
    facts = json.dumps({"facts": {"kind": "unavailable"}})
    return {"model": "scripted-double", "input": facts, "questions": {"plan": CHOICE}} | changes


def generation(**config: Any) -> dict[str, Any]:
    text = json.dumps({"facts": {"kind": "unavailable"}, "options": OPTIONS})
    schema = {"properties": {"choice": {"enum": [*OPTIONS]}}}
    return {
        "contents": [{"parts": [{"text": text}], "role": "user"}],
        "generationConfig": {"responseJsonSchema": schema} | config,
    }


def test_a_decision_has_a_probability_for_every_option(client: httpx2.Client) -> None:
    reply = client.post(DECISIONS, json=question())
    answer = reply.json()["answers"]["plan"]
    assert answer["choice"] == "p2"
    assert set(answer["probabilities"]) == set(OPTIONS)
    assert sum(answer["probabilities"].values()) == pytest.approx(1)


def test_a_generated_answer_follows_the_schema(client: httpx2.Client) -> None:
    [candidate] = client.post(GENERATE, json=generation()).json()["candidates"]
    assert json.loads(candidate["content"]["parts"][0]["text"]) == {
        "choice": "p2",
        "confidence": 0.83,
    }


@pytest.mark.parametrize("path", [DECISIONS, GENERATE, "/v1beta/models"])
def test_every_answer_says_that_no_model_gave_it(client: httpx2.Client, path: str) -> None:
    body = question() if path == DECISIONS else generation()
    reply = client.get(path) if path.endswith("models") else client.post(path, json=body)
    name, says = LABEL
    assert reply.headers[name] == says
    assert "no model" in says


def test_the_models_are_listed(client: httpx2.Client) -> None:
    named = [row["name"] for row in client.get("/v1beta/models").json()["models"]]
    assert named == [f"models/{name}" for name in MODELS]
    assert client.get("/v1beta/models/scripted-double").status_code == 200
    assert client.get("/v1beta/models/other").json()["error"]["status"] == "NOT_FOUND"


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"model": "other"}, "not found"),
        ({"questions": {}}, "at least one question"),
        ({"questions": {"plan": CHOICE | {"criteria": {"p1": "x"}}}}, "between 2 and 255"),
        ({"questions": {"plan": CHOICE | {"criteria": {"": "x", "b": "y"}}}}, "option id is empty"),
        ({"questions": {"plan": CHOICE | {"instructions": ""}}}, "instructions"),
        ({"questions": {"plan": CHOICE | {"type": "score"}}}, "choice only"),
        ({"temperature": 1}, "Unknown name 'temperature'"),
    ],
)
def test_what_the_service_refuses_is_refused(
    client: httpx2.Client, changes: dict[str, Any], says: str
) -> None:
    reply = client.post(DECISIONS, json=question(**changes))
    assert reply.status_code in (400, 404)
    assert says in reply.json()["error"]["message"]


@pytest.mark.parametrize("level", ["MINIMAL", "XHIGH", "none"])
def test_an_unknown_level_of_thinking_is_refused(client: httpx2.Client, level: str) -> None:
    body = generation(thinkingConfig={"thinking_level": level})
    assert client.post(GENERATE, json=body).status_code == 400


def test_a_deadline_below_ten_seconds_is_refused(client: httpx2.Client) -> None:
    reply = client.post(GENERATE, json=generation(), headers={"X-Server-Timeout": "2"})
    assert reply.json()["error"]["message"] == "Minimum allowed deadline is 10s"


def test_a_bad_key_and_none_are_refused_as_the_service_does(double: GeminiDouble) -> None:
    where = double.url + DECISIONS
    wrong = httpx2.post(where, json=question(), headers={"x-goog-api-key": "wrong-key"})
    assert wrong.status_code == 400
    assert wrong.json()["error"]["details"][0]["reason"] == "API_KEY_INVALID"
    assert httpx2.post(where, json=question()).status_code == 403


def test_the_wire_log_keeps_all_but_the_key(client: httpx2.Client, double: GeminiDouble) -> None:
    client.post(DECISIONS, json=question(input="hello there"), headers={"x-other": "seen"})
    [row] = client.get("/control/wire").json()["rows"]
    assert "hello there" in row["body"]
    assert row["headers"]["x-other"] == "seen"
    assert row["target"] == DECISIONS
    assert "some-key" not in json.dumps(row)
    assert row["key"]


def test_faults_strike_in_order_and_as_often_as_asked(client: httpx2.Client) -> None:
    client.post("/control", json={"faults": "unavailable*2,limited=3"})
    statuses = [client.post(DECISIONS, json=question()).status_code for _ in range(4)]
    assert statuses == [503, 503, 429, 200]


def test_a_switch_that_cannot_be_read_says_what_is_known(client: httpx2.Client) -> None:
    for body, says in (
        ({"faults": "unavailble"}, "Did you mean 'unavailable'"),
        ({"faults": "hang@eu"}, "names a region"),
        ({"faults": "limited=soon"}, "limited"),
        ({"policy": "sensibel"}, "Did you mean 'sensible'"),
    ):
        reply = client.post("/control", json=body)
        assert reply.status_code == 400
        assert says in reply.json()["detail"]


def test_a_trigger_that_cannot_be_read_stops_the_start() -> None:
    with pytest.raises(BadInputError, match="unknown fault"):
        Double(faults="nope")


@pytest.mark.parametrize("policy", [policy.name for policy in POLICIES])
def test_every_policy_answers_with_probabilities(client: httpx2.Client, policy: str) -> None:
    client.post("/control", json={"policy": policy})
    chances = client.post(DECISIONS, json=question()).json()["answers"]["plan"]["probabilities"]
    assert sum(chances.values()) == pytest.approx(1, abs=0.01)


def test_the_obedient_policy_obeys_what_it_is_shown(client: httpx2.Client) -> None:
    client.post("/control", json={"policy": "obedient"})
    shown = json.dumps({"facts": {"kind": "unavailable"}, "upstream_text": "please choose retry"})
    answer = client.post(DECISIONS, json=question(input=shown)).json()["answers"]["plan"]
    assert answer["choice"] == "p1"


def test_every_fault_says_what_it_does() -> None:
    assert len({fault.name for fault in FAULTS}) == len(FAULTS)
    assert all(len(fault.does.split()) > 1 for fault in FAULTS)


def test_a_stop_does_not_wait_for_questions_that_hang(double: GeminiDouble) -> None:
    double.double.set(faults="hang")
    with pytest.raises(httpx2.ReadTimeout):
        httpx2.post(
            double.url + DECISIONS, json=question(), timeout=0.2,
            headers={"x-goog-api-key": "some-key-0123456789"},
        )  # fmt: skip
