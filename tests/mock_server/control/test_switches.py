"""What can be set while the server runs, and what a mistake there is told."""

import pytest
from tests.mock_server.driving import Json, Mock


def test_a_live_fault_applies_to_the_calls_it_names(mock: Mock) -> None:
    token = mock.token()
    row = mock.post("/control/faults", json={"calls": "pay-*", "trigger": "soft_error"}).json()
    assert mock.call("GET", token=token, call="pay-1").json()["ok"] is False
    assert mock.call("GET", token=token, call="other").json()["message"]
    assert mock.get("/control/faults").json()["faults"][0]["matched"] == 1
    assert mock.http.delete(f"/control/faults/{row['id']}").json() == {"removed": 1}
    assert mock.call("GET", token=token, call="pay-2").json()["message"]


def test_a_live_fault_may_be_about_one_method(mock: Mock) -> None:
    token = mock.token()
    mock.post("/control/faults", json={"method": "post", "trigger": "budget"})
    assert mock.call("GET", token=token).status_code == 200
    assert mock.call("POST", token=token).status_code == 402


def test_a_forgotten_live_fault_ends_by_itself(mock: Mock) -> None:
    token = mock.token()
    mock.post("/control/faults", json={"trigger": "budget*inf", "ttl_s": 10})
    assert mock.call("GET", token=token, call="a").status_code == 402
    mock.advance(10)
    assert mock.call("GET", token=token, call="b").status_code == 200
    assert mock.get("/control/faults").json()["faults"] == []


def test_a_region_can_be_set_down_and_up_again(mock: Mock) -> None:
    token = mock.token()
    mock.post("/control/regions", json={"us": "down"})
    answer = mock.call(token=token)
    assert answer.status_code == 503
    assert answer.json()["processed"] is False
    assert mock.call(token=token, region="eu").status_code == 200
    mock.post("/control/regions", json={"us": "up"})
    assert mock.call(token=token).status_code == 200


def test_a_scenario_begins_on_a_clean_state_and_tells_how_it_goes(mock: Mock) -> None:
    mock.call(token=mock.token())
    scenario: Json = {
        "name": "storm", "seed": "7", "retry_budget": 3, "regions": {"eu": "down"},
        "faults": [{"calls": "*", "trigger": "retryable_500"}],
    }  # fmt: skip
    loaded = mock.post("/control/scenario", json=scenario).json()
    assert (loaded["name"], loaded["seed"], loaded["effects"]) == ("storm", "7", 0)
    mock.call(token=mock.token())
    status = mock.get("/control/scenario").json()
    assert status["fired"]["retryable_500"] == {"asked": 1, "fired": 1, "rate": 1.0}
    assert status["regions"]["eu"] == "down"


WRONG: list[tuple[str, Json, str]] = [
    ("/control/faults", {"trigger": "nope"}, "unknown fault"),
    ("/control/faults", {"triger": "quota"}, "Did you mean 'trigger'?"),
    ("/control/faults", {"trigger": "quota", "ttl_s": -1}, "/ttl_s"),
    ("/control/regions", {"eu1": "down"}, "Did you mean 'eu'?"),
    ("/control/regions", {"eu": "dwon"}, "Did you mean 'down'?"),
    ("/control/regions", {"eu": 1}, "/eu"),
    ("/control/scenario", {"faults": []}, "/name"),
    ("/control/scenario", {"name": "x", "fualts": []}, "Did you mean 'faults'?"),
    ("/control/scenario", {"name": "x", "faults": [{"trigger": "x"}]}, "unknown fault"),
    ("/control/scenario", {"name": "x", "faults": [{"tigger": "x"}]}, "Did you mean 'trigger'?"),
    ("/control/scenario", {"name": "x", "regions": {"eu": "?"}}, "unknown state"),
    ("/control/clock", {"advance": 3}, "Did you mean 'advance_s'?"),
    ("/control/clock", {"advance_s": -3}, "/advance_s"),
]


@pytest.mark.parametrize(("path", "body", "said"), WRONG, ids=[str(row[1]) for row in WRONG])
def test_a_mistake_is_a_400_that_names_the_item_and_changes_nothing(
    mock: Mock, path: str, body: Json, said: str
) -> None:
    before = mock.get("/control").json()
    answer = mock.post(path, json=body)
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert said in answer.json()["detail"]
    assert mock.get("/control").json() == before


@pytest.mark.parametrize("content", [b"{", b"\xff", b"[]", b""])
def test_a_body_that_is_no_object_is_a_400(mock: Mock, content: bytes) -> None:
    sent = {"content-type": "application/json"}
    answer = mock.post("/control/scenario", content=content, headers=sent)
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"


def test_removing_a_live_fault_that_is_not_there_is_a_400(mock: Mock) -> None:
    assert mock.http.delete("/control/faults/live-9").status_code == 400


def test_a_reset_makes_all_of_it_new(mock: Mock) -> None:
    token = mock.token()
    mock.call(token=token, key="k")
    mock.post("/control/regions", json={"us": "down"})
    mock.post("/control/faults", json={"trigger": "quota"})
    assert mock.post("/reset").json() == {"status": "reset"}
    status = mock.get("/control").json()
    assert (status["rows"], status["effects"], status["keys"], status["faults"]) == (0, 0, 0, [])
    assert status["regions"]["us"] == "up"
    assert mock.call(token=token).status_code == 401
