"""What may be wrong under a success status, and what only looks wrong."""

import json
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import pytest
from tests.support.building import WHEN, attempt, call, destination, endpoint

from battle_healer.diagnosis import diagnose, is_clean
from battle_healer.model import Attempt, Diagnosis, Kind, Reply

CONTRACT = {"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}}}


def asked(method: str = "GET", accept: str = "application/json", **of_endpoint: Any) -> Attempt:
    at = destination(fallback=endpoint(**of_endpoint), says_processed=False)
    return attempt(call(method, at=at, headers=(("Accept", accept),)))


def answer(
    body: object,
    media: str = "application/json",
    status: int = 200,
    headers: Mapping[str, str] = MappingProxyType({}),
) -> Reply:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Reply(status, (("Content-Type", media), *headers.items()), raw)


def judged(attempt: Attempt, reply: Reply) -> Diagnosis:
    """The diagnosis, after the cheap question was found to agree."""
    found = diagnose(attempt, reply, WHEN)
    assert is_clean(attempt, reply) is (found.kind is Kind.OK)
    return found


GOOD: list[tuple[str, object]] = [
    ("a resource", {"id": "o7", "total": 12.5}),
    ("a list", [{"id": 1}]),
    ("a build that failed", {"id": 9, "status": "completed", "conclusion": "failure"}),
    ("a job that holds an error", {"id": 9, "status": "failed", "error": {"code": 1}, "steps": 3}),
    ("a payment with its last error", {"id": "p", "last_payment_error": {"code": "declined"}}),
    ("log lines", {"items": [{"level": "error", "error": {"code": 500}}], "count": 1}),
    ("no errors", {"data": {"me": 1}, "errors": []}),
    ("no error", {"error": None, "message": "OK", "result": {"balance": "3"}}),
    ("code zero", {"code": 0, "msg": "success", "data": {"pong": True}}),
    ("a code of its own world", {"code": "404", "name": "Atlanta", "status": "active"}),
    ("bulk without errors", {"errors": False, "items": [{"index": {"status": 201}}]}),
    ("a payload without user errors", {"data": {"add": {"userErrors": []}}}),
    ("success", {"success": True, "data": {}}),
    ("nothing", None),
]


@pytest.mark.parametrize("body", [row[1] for row in GOOD], ids=[row[0] for row in GOOD])
def test_an_answer_that_describes_a_failure_is_no_failure(body: object) -> None:
    assert judged(asked(), answer(body)).kind is Kind.OK


SOFT: list[tuple[object, Kind]] = [
    ({"ok": False, "error": {"code": "temporarily_unavailable"}}, Kind.UNAVAILABLE),
    ({"success": False, "message": "Too many requests"}, Kind.RATE_LIMITED),
    (
        {"error": {"code": 500, "message": "Internal error", "status": "INTERNAL"}},
        Kind.SERVER_ERROR,
    ),
    ({"status": "error", "message": "", "data": None}, Kind.UNKNOWN),
    ({"code": 40101, "msg": "token expired", "data": None}, Kind.CREDENTIAL_EXPIRED),
    ({"statusCode": 404, "message": "no such cup"}, Kind.NOT_FOUND),
]


@pytest.mark.parametrize(("body", "kind"), SOFT, ids=lambda value: str(value)[:40])
def test_a_body_that_is_nothing_but_a_failure_is_one(body: object, kind: Kind) -> None:
    found = judged(asked(), answer(body))
    assert (found.kind, found.soft) == (kind, True)


def test_a_soft_failure_without_a_reason_may_have_been_processed() -> None:
    found = judged(asked("POST"), answer({"success": False}))
    assert (found.processed, found.helps) == ("maybe", "unchanged")


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ({"identifier": "o7"}, "/: required id"),
        ({"id": 7}, "/id: type string"),
        ([], "/: type object"),
        (None, "/: null"),
    ],
)
def test_an_answer_that_breaks_the_contract_has_drifted_and_was_processed(
    body: object, problem: str
) -> None:
    found = judged(asked("POST", response_schema=CONTRACT), answer(body))
    assert (found.kind, found.processed, found.helps) == (Kind.DRIFTED, "yes", "never")
    assert found.evidence == (problem,)


def test_an_answer_that_meets_the_contract_is_clean() -> None:
    assert judged(asked(response_schema=CONTRACT), answer({"id": "o7", "new": 1})).kind is Kind.OK


def test_a_failure_in_the_body_goes_before_the_contract() -> None:
    assert judged(asked(response_schema=CONTRACT), answer({"ok": False})).kind is Kind.UNKNOWN


@pytest.mark.parametrize("status", [204, 205, 304])
def test_a_reply_without_a_body_need_not_meet_a_contract(status: int) -> None:
    reply = Reply(status, (), b"")
    assert judged(asked(response_schema=CONTRACT), reply).kind is Kind.OK


def test_a_head_reply_need_not_meet_a_contract() -> None:
    reply = Reply(200, (("Content-Type", "application/json"),), b"")
    assert judged(asked("HEAD", response_schema=CONTRACT), reply).kind is Kind.OK


@pytest.mark.parametrize(
    "label",
    [
        {"X-Degradation": "stale"},
        {"X-Degradation": "mocked"},
        {"Warning": '110 - "Response is Stale"'},
        {"Healer-Outcome": "degraded"},
    ],
    ids=str,
)
def test_an_answer_that_is_labelled_a_substitute_is_one(label: dict[str, str]) -> None:
    found = judged(asked(response_schema=CONTRACT), answer({"id": "o7"}, headers=label))
    assert (found.kind, found.processed) == (Kind.SUBSTITUTED, "maybe")


@pytest.mark.parametrize(
    "label", [{"X-Degradation": "none"}, {"Age": "120"}, {"Warning": "299 - x"}]
)
def test_an_old_answer_without_a_label_is_an_answer(label: dict[str, str]) -> None:
    assert judged(asked(), answer({"id": "o7"}, headers=label)).kind is Kind.OK


PORTAL = b"<!DOCTYPE html><html><title>Hotel WiFi</title><form action='/login'></form></html>"


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_captive_portal_says_nothing_of_the_request(method: str) -> None:
    found = judged(asked(method), answer(PORTAL, "text/html"))
    assert (found.kind, found.processed, found.soft) == (Kind.MALFORMED_REPLY, "maybe", False)


@pytest.mark.parametrize("media", ["text/plain", "application/xml", "application/octet-stream"])
def test_a_line_of_text_where_the_contract_wants_json_says_nothing_of_the_request(
    media: str,
) -> None:
    line = answer(b"Temporarily unavailable: the service could not take the request.", media)
    found = judged(asked("POST", response_schema=CONTRACT), line)
    assert (found.kind, found.processed) == (Kind.MALFORMED_REPLY, "maybe")
    assert judged(asked("POST"), line).kind is Kind.OK


def test_a_portal_is_seen_by_the_contract_where_nothing_was_asked_for() -> None:
    reply = answer(PORTAL, "text/html")
    assert judged(asked(accept="*/*", response_schema=CONTRACT), reply).kind is Kind.MALFORMED_REPLY


def test_a_page_that_was_asked_for_is_a_page() -> None:
    page = answer(b"<!DOCTYPE html><html>Invoice</html>", "text/html")
    assert judged(asked(accept="text/html,*/*"), page).kind is Kind.OK
    assert judged(asked(accept="*/*"), page).kind is Kind.OK


@pytest.mark.parametrize(
    "body", [b'{"id":"o1","tot', b"\x1f\x8b\x08\x00", b'{"city":"K\xf6ln"}', b""],
    ids=["cut", "still packed", "not UTF-8", "empty"],
)  # fmt: skip
def test_json_that_is_none_is_malformed_though_processed(body: bytes) -> None:
    found = judged(asked("POST"), answer(body, status=201))
    assert (found.kind, found.processed, found.helps) == (Kind.MALFORMED_REPLY, "yes", "unchanged")


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("headers", [{}, {"X-Degradation": "stale"}], ids=["plain", "labelled"])
def test_a_body_that_cannot_be_decoded_is_malformed_however_well_it_reads(
    method: str, headers: dict[str, str]
) -> None:
    reply = replace(answer({"id": "o7"}, headers=headers), undecodable=True)
    found = judged(asked(method, response_schema=CONTRACT), reply)
    assert (found.kind, found.processed, found.helps) == (
        Kind.MALFORMED_REPLY, "maybe", "unchanged",
    )  # fmt: skip


def test_a_failure_that_cannot_be_decoded_keeps_its_own_kind() -> None:
    reply = replace(answer({"title": "busy"}, status=503), undecodable=True)
    assert judged(asked(), reply).kind is Kind.UNAVAILABLE


def test_a_reply_that_ended_early_is_a_lost_connection() -> None:
    cut = Reply(200, (("Content-Type", "application/json"),), b'{"id":"o', truncated=True)
    found = judged(asked("POST"), cut)
    assert (found.kind, found.processed) == (Kind.CONNECTION_LOST, "yes")


def test_a_body_that_was_passed_through_unread_is_not_judged() -> None:
    stream = Reply(200, (("Content-Type", "application/json"),), None)
    assert judged(asked(response_schema=CONTRACT), stream).kind is Kind.OK


@pytest.mark.parametrize(("status", "processed"), [(301, "no"), (302, "maybe"), (307, "no")])
def test_a_redirect_names_its_place_and_is_not_followed(status: int, processed: str) -> None:
    found = judged(asked("POST"), Reply(status, (("Location", "https://other.example/x"),), b""))
    assert (found.kind, found.helps, found.location) == (
        Kind.REDIRECTED, "changed", "https://other.example/x",
    )  # fmt: skip
    assert found.processed == processed


@pytest.mark.parametrize(
    "reply",
    [
        answer({"id": "c1"}, headers={"X-Degradation": "stale", "Retry-After": "7"}),
        answer(b"<html>", headers={"Retry-After": "7"}),
        answer(b"", headers={"Retry-After": "7"}),
    ],
    ids=["a substitute", "broken", "empty"],
)
def test_i3_the_servers_own_time_counts_under_a_success_status_too(reply: Reply) -> None:
    assert judged(asked(response_schema=CONTRACT), reply).wait_s == 7
