"""The grade, and what it says about traffic that it cannot see."""

import json
import threading
from typing import Any

import httpx2
import pytest
from tests.mock_server.driving import CHARGE, Mock
from tests.mock_server.verdict.bad_clients import BAD_CLIENTS, until_waiting
from tests.mock_server.verdict.handmade import Handmade

from battle_healer_mock.server import MockServer
from battle_healer_mock.verdict.case import case_of
from battle_healer_mock.verdict.judging import MOST_FINDINGS, Verdict, rule_on
from battle_healer_mock.verdict.rule import DECOY, PROTECTED, REFRESH

ALL_DROPPED = {PROTECTED: 1, REFRESH: 1, DECOY: 1}


def state_of(verdict: Any, rule: str) -> str:
    return str(next(row["state"] for row in verdict["rules"] if row["id"] == rule))


def test_without_traffic_nothing_is_exercised_and_nothing_is_claimed(mock: Mock) -> None:
    verdict = mock.get("/verdict").json()
    assert verdict["grade"] == "pass"
    assert {row["state"] for row in verdict["rules"]} == {"not exercised"}
    assert set(verdict["opportunities"].values()) == {0}
    assert verdict["closed"] is False


def test_a_rule_that_had_its_chance_is_kept(mock: Mock) -> None:
    token = mock.token()
    for _ in range(2):
        mock.call(faults="ambiguous_500", token=token, key="key")
    verdict = mock.get("/verdict").json()
    assert (verdict["grade"], state_of(verdict, "V02")) == ("pass", "kept")
    assert state_of(verdict, "V05") == "not exercised"


def test_over_dropped_rows_every_rule_that_found_nothing_is_unknown() -> None:
    verdict: Any = Verdict(rule_on(Handmade().case), ALL_DROPPED).as_json()
    assert verdict["grade"] == "unknown"
    assert {row["state"] for row in verdict["rules"]} == {"unknown"}


def test_a_rule_is_unknown_only_where_a_row_that_it_reads_was_dropped() -> None:
    made = Handmade()
    made.row("GET")
    verdict: Any = Verdict(rule_on(made.case), {REFRESH: 1}).as_json()
    states = {row["id"]: row["state"] for row in verdict["rules"]}
    assert {id for id, state in states.items() if state == "unknown"} == {"V10", "V11", "V12"}
    assert states["V25"] == "kept"
    assert (verdict["grade"], verdict["dropped_of"]) == ("unknown", {REFRESH: 1})


def test_rows_that_no_rule_reads_leave_the_verdict_as_it_is() -> None:
    assert Verdict(rule_on(Handmade().case), {"/mock-response": 5}).grade == "pass"


def test_what_was_found_stands_though_rows_were_dropped() -> None:
    made = Handmade()
    made.row(told="maybe", status=500)
    made.row()
    verdict: Any = Verdict(rule_on(made.case), {PROTECTED: 1}).as_json()
    assert (verdict["grade"], state_of(verdict, "V02")) == ("fail", "found")
    assert verdict["dropped_rows"] == 1


def test_a_call_whose_beginning_was_dropped_is_not_judged() -> None:
    made = Handmade()
    made.row(told="maybe", status=500, ordinal=2)
    made.row(ordinal=3)
    case = case_of(made.journal.rows, now_s=0, closed=2, has_lost=True)
    assert not any(ruling.breaches for ruling in rule_on(case))


def test_an_exchange_that_still_runs_is_listed_and_its_call_not_called_given_up(
    mock: Mock,
) -> None:
    token = mock.token()
    for _ in range(2):
        mock.call("GET", "retryable_500", token=token, call="corr-1")
    mock.call("GET", "retryable_500", token=token, call="corr-2")
    running = threading.Thread(
        target=mock.call, args=("GET", "latency=5s"), kwargs={"token": token, "call": "corr-2"}
    )
    running.start()
    until_waiting(mock, 1)
    verdict = mock.post("/verdict/close", params={"wait_s": 0.05}).json()
    line = mock.rows()[-1]["line"]
    mock.advance(5)
    running.join(10)
    assert (verdict["open_rows"], verdict["findings"]) == ([line], [])
    again = mock.post("/verdict/close").json()
    assert (again["open_rows"], again["findings"], again["closed"]) == ([], [], True)


def test_a_call_is_given_up_only_when_the_traffic_is_over_or_quiet(mock: Mock) -> None:
    BAD_CLIENTS["V14"](mock)
    assert mock.get("/verdict").json()["findings"] == []
    mock.advance(6)
    assert [found["id"] for found in mock.get("/verdict").json()["findings"]] == ["V14"]


def test_a_call_that_the_client_says_is_parked_was_not_given_up(mock: Mock) -> None:
    BAD_CLIENTS["V14"](mock)
    parked = {"event": "QUEUE_RETRY_SCHEDULED", "metadata": {"correlation_id": "corr-2"}}
    mock.post("/log", json=parked)
    assert mock.post("/verdict/close").json()["findings"] == []


def test_a_finding_about_a_call_without_a_name_is_only_possible(mock: Mock) -> None:
    token = mock.token()
    with pytest.raises(httpx2.TransportError):
        mock.call(faults="reset", token=token, call="")
    mock.call(faults="reset", token=token, call="")
    verdict = mock.post("/verdict/close").json()
    assert verdict["grade"] == "warn"
    assert [(f["id"], f["possible"]) for f in verdict["findings"]] == [("V02", True)]


def test_another_charge_without_a_name_is_another_call(mock: Mock) -> None:
    token = mock.token()
    with pytest.raises(httpx2.TransportError):
        mock.call(faults="reset", token=token, call="")
    mock.call(faults="reset", token=token, call="", body={**CHARGE, "amount": 16})
    assert mock.post("/verdict/close").json()["grade"] == "pass"


def test_a_client_that_errs_a_thousand_times_is_told_a_hundred() -> None:
    made = Handmade()
    for n in range(1000):
        made.row("GET", call=f"corr-{n}", token_in_query=True)
    verdict: Any = Verdict(rule_on(made.case)).as_json()
    assert len(verdict["findings"]) == MOST_FINDINGS
    [rule] = [row for row in verdict["rules"] if row["id"] == "V25"]
    assert (rule["breaches"], rule["opportunities"]) == (1000, 1000)


def test_a_moment_is_one_whatever_the_sums_that_led_to_it() -> None:
    made = Handmade()
    for n in range(25):
        named = {"call": f"corr-{n} GET", "t_in": 0.0, "t_headers": 0.0, "until": 5 + n * 1e-9}
        made.row("GET", **named, ordinal=1, status=429, told="no", wait_form="seconds")
        made.row("GET", call=f"corr-{n} GET", ordinal=2, t_in=5.001)
    assert made.broken["V16"].breaches == 1


def test_a_reset_forgets_that_the_traffic_was_over(mock: Mock, running_server: MockServer) -> None:
    mock.post("/verdict/close")
    mock.token()
    mock.post("/verdict/close")
    assert running_server.state.closed_line > 0
    mock.post("/reset")
    assert mock.get("/verdict").json()["closed"] is False


def test_a_call_of_very_many_attempts_is_judged_by_its_neighbours() -> None:
    """None compares everything with everything, or this would not come to an end."""
    made = Handmade()
    for n in range(20_000):
        made.row("GET", call="call-1", call_from="healer-call", t_in=n * 61.0, told="maybe")
    rulings = {r.rule.id: r for r in rule_on(made.case)}
    assert rulings["V20"].opportunities == 19_999
    json.dumps(Verdict(tuple(rulings.values())).as_json())
