"""What a refusal means: the credential, the allowance, the key, the change that it names."""

import json
from typing import Any

import pytest
from tests.support.building import WHEN, attempt, call, destination, endpoint

from battle_healer.diagnosis import diagnose
from battle_healer.model import Diagnosis, Grant, Kind, Reply
from battle_healer.secret import Secret


def refusal(status: int, body: Any = None, *, key: str | None = None, **headers: str) -> Diagnosis:
    named = {"Content-Type": "application/json"} | {
        n.replace("_", "-"): v for n, v in headers.items()
    }
    at = destination(fallback=endpoint(idempotency="honoured"))
    asked = call("POST", at=at, key=key, body=b'{"name": "cup", "token": "x"}')
    raw = b"" if body is None else json.dumps(body).encode()
    return diagnose(attempt(asked), Reply(status, tuple(named.items()), raw), WHEN)


@pytest.mark.parametrize(
    ("body", "kind", "credential"),
    [
        ({"message": "The access token expired"}, Kind.CREDENTIAL_EXPIRED, "expired"),
        (
            {"error": "invalid_token", "message": "It has expired."},
            Kind.CREDENTIAL_EXPIRED,
            "expired",
        ),
        ({"code": "TOKEN_REVOKED"}, Kind.CREDENTIAL_INVALID, "revoked"),
        ({"message": "This API key was revoked"}, Kind.CREDENTIAL_INVALID, "revoked"),
        ({"code": "MissingAuthenticationToken"}, Kind.CREDENTIAL_INVALID, "missing"),
        ({"message": "Signature expired: check your clock"}, Kind.CREDENTIAL_INVALID, "invalid"),
        ({"message": "no"}, Kind.CREDENTIAL_INVALID, "invalid"),
        (None, Kind.CREDENTIAL_INVALID, "invalid"),
    ],
)
def test_a_401_tells_what_is_wrong_with_the_credential(
    body: object, kind: Kind, credential: str
) -> None:
    found = refusal(401, body)
    assert (found.kind, found.credential, found.helps) == (kind, credential, "changed")
    assert found.fields == ()


def test_a_401_for_a_request_without_credential_misses_one() -> None:
    bare = attempt(call("GET", at=destination(credentials=())))
    assert diagnose(bare, Reply(401), WHEN).credential == "missing"
    signed = attempt(call("GET"), grant=Grant(None, Secret("t")))
    assert diagnose(signed, Reply(401), WHEN).credential == "invalid"


def test_a_missing_scope_is_named() -> None:
    challenge = 'Bearer error="insufficient_scope", scope="charge:write"'
    found = refusal(403, {"error": "insufficient_scope"}, WWW_Authenticate=challenge)
    assert (found.kind, found.names_scope, found.helps) == (
        Kind.PERMISSION_DENIED, "charge:write", "never",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("message", "credential"),
    [
        ("You need the role ACCOUNTANT", "scope"),
        ("Service is not available in your country", None),
        ("Your IP address 203.0.113.9 is not on the allow list", None),
    ],
)
def test_a_403_tells_a_missing_grant_from_a_place_that_may_not(
    message: str, credential: str | None
) -> None:
    assert refusal(403, {"message": message}).credential == credential


@pytest.mark.parametrize(
    ("status", "body", "wait", "kind"),
    [
        (429, None, None, Kind.RATE_LIMITED),
        (429, None, "60", Kind.RATE_LIMITED),
        (429, None, "3600", Kind.RATE_LIMITED),
        (429, None, "3601", Kind.QUOTA_EXHAUSTED),
        (429, {"code": "daily_limit_exceeded"}, "60", Kind.QUOTA_EXHAUSTED),
        (429, {"message": "You exceeded 10 requests per minute"}, None, Kind.RATE_LIMITED),
        (403, {"message": "API rate limit exceeded"}, None, Kind.RATE_LIMITED),
        (403, {"message": "Your plan's monthly allowance is used"}, None, Kind.QUOTA_EXHAUSTED),
        (402, None, None, Kind.PAYMENT_REQUIRED),
        (
            400,
            {"error": {"message": "Your credit balance is too low"}},
            None,
            Kind.PAYMENT_REQUIRED,
        ),
    ],
)
def test_a_throttle_is_told_from_what_is_spent(
    status: int, body: object, wait: str | None, kind: Kind
) -> None:
    headers = {"Retry_After": wait} if wait else {}
    found = refusal(status, body, **headers)
    assert found.kind is kind
    assert found.wait_s == (float(wait) if wait else None)


IN_PROGRESS = {"code": "request_in_progress", "message": "still being processed"}


def test_a_key_in_progress_is_waited_for() -> None:
    found = refusal(409, IN_PROGRESS, key="k-1", Retry_After="3")
    assert (found.kind, found.processed, found.helps, found.wait_s) == (
        Kind.IN_PROGRESS, "maybe", "unchanged", 3.0,
    )  # fmt: skip


@pytest.mark.parametrize(
    "body",
    [
        {"error": {"code": 409, "status": "ABORTED", "message": "no",
                   "details": [{"@type": "type.googleapis.com/google.rpc.ErrorInfo",
                                "reason": "IN_PROGRESS"}]}},
        {"error": {"code": 409, "status": "ABORTED",
                   "message": "The first request with this Idempotency-Key is being processed."}},
        {"code": "conflict", "message": "The request is still in progress."},
        "Request in progress",
    ],
)  # fmt: skip
def test_words_beside_a_conflict_may_say_that_it_is_a_key_in_progress(body: object) -> None:
    found = refusal(409, body, key="k-1", Retry_After="1")
    assert (found.kind, found.processed, found.helps, found.wait_s) == (
        Kind.IN_PROGRESS, "maybe", "unchanged", 1.0,
    )  # fmt: skip


@pytest.mark.parametrize(
    "body",
    [
        {"code": "ABORTED", "message": "Another operation is in progress on this instance."},
        {"code": "conflict", "message": "The build is in progress."},
    ],
)
def test_a_resource_in_progress_is_a_conflict_even_under_a_key(body: object) -> None:
    assert refusal(409, body, key="k-1").kind is Kind.CONFLICT


def test_without_a_key_nothing_of_ours_is_in_progress() -> None:
    assert refusal(409, IN_PROGRESS).kind is Kind.CONFLICT


@pytest.mark.parametrize("status", [400, 409, 422])
def test_a_reused_key_is_no_validation_error(status: int) -> None:
    found = refusal(status, {"code": "IDEMPOTENCY_KEY_REUSED", "message": "other body"}, key="k-1")
    assert (found.kind, found.helps) == (Kind.KEY_REUSED, "never")


@pytest.mark.parametrize(
    ("status", "message", "helps"),
    [
        (405, "PUT is not allowed. Use PATCH with the same body instead.", "changed"),
        (410, "Moved to /v2/orders", "changed"),
        (404, "No such order", "never"),
        (405, "Not allowed", "never"),
    ],
)
def test_a_refusal_that_names_the_change_can_be_helped(
    status: int, message: str, helps: str
) -> None:
    assert refusal(status, {"message": message}).helps == helps


def test_a_successor_that_a_link_names_is_a_named_change() -> None:
    assert refusal(410, None, Link='</v2/x>; rel="successor-version"').helps == "changed"


def test_a_validation_error_about_a_token_field_is_about_the_field() -> None:
    body = {"errors": [{"field": "token", "message": "The token has expired"}]}
    found = refusal(422, body)
    assert (found.kind, found.fields) == (Kind.INVALID_REQUEST, ("/token",))


@pytest.mark.parametrize(
    ("given", "left"),
    [(3, 3), (0, 0), (-4, 0), (None, None), ("3", None), (True, None), (1.5, None)],
)
def test_a_retry_budget_counts_only_as_a_number(given: object, left: int | None) -> None:
    assert refusal(500, {"title": "x", "status": 500, "retry_budget": given}).retry_budget == left
