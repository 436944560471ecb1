"""What a row says for the verdict: what was told, what was asked for, and in which order."""

import pytest
from tests.mock_server.driving import CHARGE, Mock

from battle_healer_mock.journal import ANY_VALUE


@pytest.mark.parametrize(
    ("spelling", "form"),
    [
        ("seconds", "seconds"),
        ("ratelimit", "seconds"),
        ("ratelimit-reset", "seconds"),
        ("delta", "seconds"),
        ("date", "date"),
        ("epoch", "date"),
        ("epoch-ms", "date"),
        ("body", "body"),
        ("none", None),
    ],
)
def test_a_row_knows_how_a_wait_was_told(mock: Mock, spelling: str, form: str | None) -> None:
    mock.call("GET", f"rate_limit={spelling}:5s", token=mock.token())
    assert mock.rows()[0]["wait_form"] == form


def test_a_wait_that_the_dialect_has_no_word_for_was_not_told(mock: Mock) -> None:
    mock.call("GET", "rate_limit=body:5s~plain", token=mock.token())
    assert mock.rows()[0]["wait_form"] is None


def test_a_row_knows_what_a_refusal_wants_of_which_field(mock: Mock) -> None:
    token = mock.token()
    mock.call(token=token, body={"txn_id": "t", "amount": "15", "extra": 1, "note": 7})
    sent, asked = mock.rows()[0]["fields"], mock.rows()[0]["asked"]
    mock.call(token=token, body={"transactionId": "t", "amount": 15})
    good = mock.rows()[1]["fields"]
    assert asked == {
        "/txn_id": None,
        "/transactionId": sent["/txn_id"],
        "/amount": good["/amount"],
        "/extra": None,
        "/note": ANY_VALUE,
    }
    assert asked["/transactionId"] == good["/transactionId"]


def test_fields_are_known_of_a_request_that_was_refused_before_they_were_read(mock: Mock) -> None:
    token = mock.token()
    mock.call(faults="region_down,retryable_500", token=token)
    mock.call(token=token, call="corr-2")
    refused, served = (row["fields"] for row in mock.rows())
    assert refused == served != {}


def test_of_a_body_with_very_many_fields_the_first_are_kept(mock: Mock) -> None:
    mock.call(token=mock.token(), body=CHARGE | {f"f{n}": n for n in range(1000)})
    assert len(mock.rows()[0]["fields"]) == 64


def test_a_row_knows_which_other_regions_were_up(mock: Mock) -> None:
    token = mock.token()
    mock.call("GET", "region_down@us", token=token)
    mock.post("/control/regions", json={"eu": "down"})
    mock.call("GET", "region_down@us", token=token)
    assert [row["offered"] for row in mock.rows()] == [["eu"], []]


def test_a_row_knows_until_when_its_credential_is_spent(mock: Mock) -> None:
    token = mock.token(tier="free-tier")
    for delta in (0, -998):
        mock.post("/simulate-budget", json={"token": token, "quota_delta": delta})
        mock.call("GET", token=token)
    now_s = mock.get("/control/clock").json()["now_s"]
    assert mock.rows()[0]["spent_until"] is None
    assert mock.rows()[1]["spent_until"] == pytest.approx(now_s + 86_400, abs=1)


def test_rows_know_what_came_after_their_answer_though_no_time_has_passed(mock: Mock) -> None:
    token = mock.token()
    for _ in range(2):
        mock.call("GET", token=token)
    first, second = mock.rows()
    assert first["t_headers"] == second["t_in"]
    assert first["line"] <= first["answered"] < second["line"]


def test_a_refresh_row_knows_how_long_the_old_token_was_good(mock: Mock) -> None:
    token = mock.token()
    mock.advance(600)
    mock.post("/refresh-token", json={"token": token})
    mock.advance(3600)
    mock.post("/refresh-token", json={"token": token})
    mock.post("/refresh-token", json={"token": "never-issued"})
    rows = mock.get("/journal").json()["rows"]
    lives = [row["life_s"] for row in rows if row["route"] == "/refresh-token"]
    assert lives == [3000, 0, None]
