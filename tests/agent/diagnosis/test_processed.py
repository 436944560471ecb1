"""Who may say that nothing was processed (I1): believing the wrong one doubles an effect."""

import json
from typing import Any

import pytest
from tests.support.building import WHEN, attempt, call, destination

from battle_healer.diagnosis import diagnose, is_clean
from battle_healer.model import Attempt, Kind, Lost, Phase, Processed, Refused, Reply

PROBLEM = (("Content-Type", "application/problem+json"),)


def post(*, trusted: bool) -> Attempt:
    return attempt(call("POST", at=destination(says_processed=trusted)))


def problem(status: int, headers: tuple[tuple[str, str], ...] = (), **members: Any) -> Reply:
    return Reply(status, PROBLEM + headers, json.dumps({"title": "x", **members}).encode())


@pytest.mark.parametrize(
    "reply",
    [problem(500, processed=False), problem(502, (("X-Processed", "no"),))],
    ids=["a member", "a header"],
)
def test_only_a_declared_server_is_believed_that_nothing_was_processed(reply: Reply) -> None:
    assert diagnose(post(trusted=True), reply, WHEN).processed == "no"
    assert diagnose(post(trusted=False), reply, WHEN).processed == "maybe"


@pytest.mark.parametrize(
    "body",
    [{"processed": False}, {"error": {"processed": False}}, {"ok": False, "processed": False}],
)
def test_a_member_of_another_document_says_nothing(body: object) -> None:
    reply = Reply(500, (("Content-Type", "application/json"),), json.dumps(body).encode())
    assert diagnose(post(trusted=True), reply, WHEN).processed == "maybe"


@pytest.mark.parametrize(
    ("media", "body"),
    [
        ("application/json", b'{"detail": "The service could not take the request."}'),
        ("text/plain", b"Temporarily unavailable: The service could not take the request."),
        ("application/json", b'{"id": "o7"}'),
        ("application/json", None),
    ],
    ids=["a detail", "a line", "what looks like an answer", "unread"],
)
def test_a_success_that_a_declared_server_did_not_process_is_a_soft_failure(
    media: str, body: bytes | None
) -> None:
    said = Reply(200, (("Content-Type", media), ("X-Processed", "no")), body)
    found = diagnose(post(trusted=True), said, WHEN)
    assert (found.is_failure, found.soft, found.processed, found.helps) == (
        True, True, "no", "unchanged",
    )  # fmt: skip
    assert not is_clean(post(trusted=True), said)
    assert is_clean(post(trusted=False), said)


@pytest.mark.parametrize("said", ["yes", "Yes", "maybe", ""])
def test_a_success_that_says_anything_else_is_one(said: str) -> None:
    reply = Reply(200, (("Content-Type", "application/json"), ("X-Processed", said)), b'{"id": 1}')
    assert not diagnose(post(trusted=True), reply, WHEN).is_failure
    assert is_clean(post(trusted=True), reply)


@pytest.mark.parametrize("claim", ["false", 0, None, "no", [], {}])
def test_a_claim_that_is_no_boolean_says_nothing(claim: object) -> None:
    assert diagnose(post(trusted=True), problem(500, processed=claim), WHEN).processed == "maybe"


@pytest.mark.parametrize(
    ("status", "processed"),
    [(400, "no"), (401, "no"), (403, "no"), (404, "no"), (409, "no"), (422, "no"), (425, "no"),
     (429, "no"), (408, "maybe"), (500, "maybe"), (502, "maybe"), (503, "maybe"), (504, "maybe"),
     (520, "maybe"), (599, "maybe"), (501, "no"), (505, "no"), (307, "no"), (308, "no"),
     (302, "maybe"), (303, "maybe")],
)  # fmt: skip
def test_a_status_says_what_its_specification_says(status: int, processed: Processed) -> None:
    assert diagnose(post(trusted=False), Reply(status), WHEN).processed == processed


@pytest.mark.parametrize(
    "body",
    [{"error": {"code": "invalid_request"}}, {"error": "not_found"}, {"error": "unauthorized"},
     {"error": "conflict"}, {"message": "Rate limit exceeded, nothing was processed"},
     {"error": {"message": "The card was declined"}}],
)  # fmt: skip
@pytest.mark.parametrize("status", [500, 502, 504])
def test_no_word_in_a_5xx_makes_it_a_refusal(status: int, body: object) -> None:
    reply = Reply(status, (("Content-Type", "application/json"),), json.dumps(body).encode())
    assert diagnose(post(trusted=False), reply, WHEN).processed == "maybe"


def test_a_503_that_is_a_throttle_by_its_own_code_was_not_processed() -> None:
    reply = Reply(
        503, (("Content-Type", "application/xml"),), b"<Error><Code>SlowDown</Code></Error>"
    )
    assert diagnose(post(trusted=False), reply, WHEN).processed == "no"


@pytest.mark.parametrize(
    ("text", "processed"),
    [
        ("upstream connect error or disconnect/reset before headers. reset reason: overflow", "no"),
        ("upstream connect error or disconnect/reset before headers. reset reason: "
         "connection failure", "no"),
        ("upstream connect error or disconnect/reset before headers. reset reason: "
         "connection termination", "maybe"),
        ("we say: reset reason: overflow", "maybe"),
    ],
)  # fmt: skip
def test_a_gateway_is_believed_as_far_as_its_documentation_goes(
    text: str, processed: Processed
) -> None:
    reply = Reply(503, (("Content-Type", "text/plain"),), text.encode())
    assert diagnose(post(trusted=False), reply, WHEN).processed == processed


def test_what_half_succeeded_may_have_been_processed() -> None:
    failed = {"status": 429, "error": {"type": "throttled"}}
    body = {"errors": True, "items": [{"index": {"status": 201}}, {"index": failed}]}
    reply = Reply(200, (("Content-Type", "application/json"),), json.dumps(body).encode())
    assert diagnose(post(trusted=False), reply, WHEN).processed == "maybe"


def test_a_graphql_answer_that_holds_something_was_partly_processed() -> None:
    body = {"data": {"a": {"id": 1}, "b": None},
            "errors": [{"message": "no", "extensions": {"code": "FORBIDDEN"}}]}  # fmt: skip
    reply = Reply(200, (("Content-Type", "application/json"),), json.dumps(body).encode())
    assert diagnose(post(trusted=False), reply, WHEN).processed == "maybe"


@pytest.mark.parametrize(
    ("phase", "processed"),
    [("connect", "no"), ("tls", "no"), ("send", "maybe"), ("wait", "maybe"), ("read", "maybe")],
)
@pytest.mark.parametrize("timed_out", [False, True])
def test_a_lost_exchange_was_processed_only_if_it_went_out(
    phase: Phase, processed: Processed, *, timed_out: bool
) -> None:
    found = diagnose(post(trusted=True), Lost(phase, "lost", timed_out=timed_out), WHEN)
    assert (found.processed, found.helps) == (processed, "unchanged")


@pytest.mark.parametrize("code", ["7", "ErrorCodes.REFUSED_STREAM"])
def test_a_stream_that_the_server_refused_was_not_processed(code: str) -> None:
    lost = Lost("wait", f"<StreamReset stream_id:5, error_code:{code}, remote_reset:True>")
    assert diagnose(post(trusted=False), lost, WHEN).processed == "no"


@pytest.mark.parametrize(
    "message",
    [
        "illegal status line: bytearray(b'REFUSED_STREAM')",
        "illegal header line: bytearray(b'<StreamReset stream_id:1, error_code:7>')",
        "<ConnectionTerminated error_code:0, last_stream_id:1, additional_data:REFUSED_STREAM>",
        "<ConnectionTerminated error_code:7, last_stream_id:1, additional_data:None>",
        "<StreamReset stream_id:7, error_code:77, remote_reset:True>",
    ],
)
def test_i7_the_servers_own_words_refuse_no_stream(message: str) -> None:
    assert diagnose(post(trusted=False), Lost("wait", message), WHEN).processed == "maybe"


def test_what_a_gate_of_ours_refused_was_never_sent() -> None:
    found = diagnose(post(trusted=False), Refused("breaker", 5.0), WHEN)
    assert (found.kind.value, found.processed, found.helps, found.wait_s) == (
        "refused", "no", "unchanged", 5.0,
    )  # fmt: skip


@pytest.mark.parametrize(
    "reply",
    [
        problem(408, (("WWW-Authenticate", 'Bearer error="invalid_token"'),)),
        problem(408, code="rate_limit_exceeded"),
    ],
    ids=["a challenge", "a code"],
)
def test_no_word_beside_a_408_makes_a_refusal_of_it(reply: Reply) -> None:
    found = diagnose(post(trusted=False), reply, WHEN)
    assert (found.kind, found.processed) == (Kind.UNAVAILABLE, "maybe")
