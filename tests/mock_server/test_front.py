"""What comes before the stages: bad input, regions, calls, and the words of every reply."""

import socket
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import jsonschema
import pytest
from tests.mock_server.driving import Mock, eventually

from battle_healer_mock.clock import MANUAL_START
from battle_healer_mock.schemas import CHARGE, PROBLEM, STATUS


def test_a_read_and_a_write_answer_by_the_published_schemas(mock: Mock) -> None:
    token = mock.token()
    jsonschema.validate(mock.call("GET", token=token).json(), STATUS)
    charge = mock.call(token=token).json()
    jsonschema.validate(charge, CHARGE)
    assert (charge["transactionId"], charge["amount"], charge["currency"]) == ("tx-1", 15, "EUR")
    [effect] = mock.effects()
    assert (effect["call"], effect["region"]) == ("corr-1 POST /external-api", "us")


def test_a_read_has_no_effect(mock: Mock) -> None:
    mock.call("GET", token=mock.token())
    assert mock.effects() == []


def test_every_reply_is_dated_by_the_servers_clock(mock: Mock) -> None:
    mock.advance(90)
    for path in ("/external-api", "/healthz", "/regions/mars/healthz"):
        date = parsedate_to_datetime(mock.get(path).headers["date"])
        assert (date - MANUAL_START).total_seconds() >= 90


def test_a_correlation_id_is_echoed_and_a_strange_one_is_not(mock: Mock) -> None:
    assert mock.call("GET", call="corr-9").headers["x-correlation-id"] == "corr-9"
    strange = mock.call("GET", call="", headers={"X-Correlation-ID": "a;b"})
    assert "x-correlation-id" not in strange.headers


BAD_TRIGGERS: list[dict[str, Any]] = [
    {"faults": "regoin_down"},
    {"query": "?simulate=regoin_down"},
    {"query": "?dialect=plian"},
    {"faults": "region_down@mars"},
]


@pytest.mark.parametrize("sent", BAD_TRIGGERS, ids=str)
def test_a_bad_trigger_is_refused_before_anything_else_and_without_effect(
    mock: Mock, sent: dict[str, Any]
) -> None:
    answer = mock.call(token=mock.token(), **sent)
    assert answer.status_code == 400
    jsonschema.validate(answer.json(), PROBLEM)
    assert answer.json()["known"]
    assert mock.call(**sent).status_code == 400, "even without a token"
    assert mock.effects() == []


def test_header_query_and_live_fault_are_joined_in_this_order(mock: Mock) -> None:
    mock.post("/control/faults", json={"calls": "corr-*", "trigger": "soft_error"})
    mock.call("GET", "flaky=0", query="?simulate=quota", token=mock.token())
    assert mock.rows()[0]["trigger"] == "flaky=0,quota,soft_error"


def test_an_unknown_region_is_a_404_that_lists_the_known(mock: Mock) -> None:
    answer = mock.get("/regions/eo/external-api")
    assert (answer.status_code, answer.json()["nearest"]) == (404, "eu")


@pytest.mark.parametrize(("region", "status"), [("deprecated-eu", 410), ("maintenance-ap", 503)])
def test_a_well_known_region_behaves_as_its_name_says(mock: Mock, region: str, status: int) -> None:
    answer = mock.call(token=mock.token(), region=region)
    assert answer.status_code == status
    assert ("link" in answer.headers) == (status == 410)


def test_an_unknown_path_and_a_wrong_method_name_what_is_right(mock: Mock) -> None:
    missing = mock.get("/extrnal-api")
    assert (missing.status_code, missing.json()["nearest"]) == (404, "/external-api")
    wrong = mock.http.delete("/external-api")
    assert (wrong.status_code, wrong.headers["allow"]) == (405, "GET, POST")
    assert mock.get("/generate-api-key").status_code == 405


BODIES = [
    (b"{", "application/json", 400),
    (b"\xff\xfe", "application/json", 400),
    (b'{"transactionId": "\\ud800", "amount": 1}', "application/json", 400),
    (b'{"transactionId": "t", "amount": NaN}', "application/json", 400),
    (b"[" * 100_000, "application/json", 400),
    (b'{"a":' * 2_000 + b"1" + b"}" * 2_000, "application/json", 400),
    (b"a=b", "application/x-www-form-urlencoded", 415),
    (b"", "application/json", 400),
    (b"[]", "application/json", 422),
    (b'{"transactionId": "t", "amount": 1e999}', "application/json", 422),
    (b'{"transactionId": "t", "amount": 1}', "text/plain", 200),
]


@pytest.mark.parametrize(("body", "kind", "status"), BODIES, ids=[str(b[0][:30]) for b in BODIES])
def test_a_body_that_cannot_be_read_says_why(
    mock: Mock, body: bytes, kind: str, status: int
) -> None:
    sent = {"Authorization": f"Bearer {mock.token()}", "Content-Type": kind}
    answer = mock.post("/external-api", content=body, headers=sent)
    assert answer.status_code == status
    assert len(mock.effects()) == (status == 200)


@pytest.mark.parametrize("path", ["/external-api", "/mock-response"])
def test_a_body_of_ten_megabytes_is_refused_and_the_server_lives(mock: Mock, path: str) -> None:
    answer = mock.post(path, content=b"x" * 10_000_000)
    assert answer.status_code == 413
    assert answer.json()["limit_bytes"] == 1 << 20
    assert mock.get("/healthz").status_code == 200


def test_a_body_may_come_in_chunks_of_unknown_number(mock: Mock) -> None:
    head = f"POST /external-api HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {mock.token()}\r\n"
    chunks = b'10\r\n{"transactionId"\r\n10\r\n: "t-1","amount"\r\n4\r\n: 1}\r\n0\r\n\r\n'
    more = b"Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
    assert mock.raw(head.encode() + more + chunks).startswith(b"HTTP/1.1 200 ")
    assert [effect["transactionId"] for effect in mock.effects()] == ["t-1"]


def test_nobody_is_waited_for_who_announces_no_body(mock: Mock) -> None:
    bare = b"POST /external-api HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    assert mock.raw(bare).startswith(b"HTTP/1.1 401 ")
    [row] = mock.rows()
    assert (row["body_bytes"], row["end"]) == (0, "complete")


def test_an_address_that_a_client_makes_up_makes_no_other_call(mock: Mock) -> None:
    for address in ("192.0.2.1", "192.0.2.2"):
        mock.call("GET", call="", headers={"X-Forwarded-For": address})
    assert [row["ordinal"] for row in mock.rows()] == [1, 2]


def test_the_row_of_a_request_is_open_while_it_arrives(mock: Mock) -> None:
    where = urlsplit(mock.url)
    with socket.create_connection((where.hostname, where.port)) as sock:
        sock.sendall(b"POST /external-api HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n")
        eventually(lambda: len(mock.rows()) == 1)
        assert mock.get("/journal").json()["open"] == 1
    eventually(lambda: bool(mock.rows()[0]["end"] == "client_gone"))


def test_a_request_meets_what_holds_when_its_body_is_there(mock: Mock) -> None:
    head = f"POST /external-api HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {mock.token()}\r\n"
    where = urlsplit(mock.url)
    with socket.create_connection((where.hostname, where.port), timeout=10) as sock:
        sock.sendall(f"{head}Content-Length: 2\r\n\r\n".encode())
        eventually(lambda: len(mock.rows()) == 1)
        mock.advance(3601)
        sock.sendall(b"{}")
        assert sock.recv(65536).startswith(b"HTTP/1.1 401 ")
    assert mock.rows()[0]["credential_state"] == "expired"


def test_one_correlation_id_names_a_new_call_after_a_success(mock: Mock) -> None:
    token = mock.token()
    for _ in range(2):
        mock.call(token=token, faults="retryable_500")
        mock.call(token=token, faults="retryable_500")
    assert [(row["call"].split()[0], row["ordinal"], row["status"]) for row in mock.rows()] == [
        ("corr-1", 1, 500), ("corr-1", 2, 200), ("corr-1#2", 1, 500), ("corr-1#2", 2, 200),
    ]  # fmt: skip


def test_a_refusal_that_nothing_may_change_ends_the_call_and_a_curable_one_does_not(
    mock: Mock,
) -> None:
    token = mock.token()
    for body in ({"transactionId": 1}, {"transactionId": 1}):
        mock.call(token=token, body=body)
    mock.call(faults="nonsense", token=token)
    mock.call(token=token)
    assert [row["call"].split()[0] for row in mock.rows()] == ["corr-1"] * 3 + ["corr-1#2"]


def test_processed_is_said_only_where_the_status_does_not_say_it(mock: Mock) -> None:
    token = mock.token()
    down = mock.call(faults="retryable_500", token=token, call="a")
    assert (down.headers["x-processed"], down.json()["processed"]) == ("no", False)
    spent = mock.call(faults="quota", token=token, call="b")
    assert "x-processed" not in spent.headers
    plain = mock.call(faults="retryable_500~plain", token=token, call="c")
    assert "x-processed" not in plain.headers
    assert plain.headers["content-type"].startswith("text/plain")


def test_the_clean_path_is_the_same_bytes_with_a_fault_that_does_not_strike(mock: Mock) -> None:
    token = mock.token()
    clean = mock.call("GET", token=token, call="a")
    unstruck = mock.call("GET", "flaky=0,region_down@eu,repair", token=token, call="a")
    assert clean.content == unstruck.content
    assert clean.headers == unstruck.headers
