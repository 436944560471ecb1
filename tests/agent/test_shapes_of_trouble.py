"""Forty replies of kinds that every API has, in forty spellings: each is read for what it is."""

import json
from typing import Any

import pytest
from tests.support.building import WHEN, attempt, call

from battle_healer.adapt import adapt
from battle_healer.diagnosis import diagnose
from battle_healer.model import Diagnosis, Kind, Reply
from battle_healer.repair import repair

SENT = {"parcelWeight": 3, "city": "Ulm"}


def read(status: int, body: Any, **headers: str) -> Diagnosis:
    sent = json.dumps(SENT).encode()
    media = "text/plain" if isinstance(body, str) else "application/json"
    named = [("Content-Type", media), *((n.replace("_", "-"), v) for n, v in headers.items())]
    raw = body.encode() if isinstance(body, str) else json.dumps(body).encode()
    return diagnose(attempt(call("POST", body=sent), body=sent), Reply(status, tuple(named), raw),
                    WHEN)  # fmt: skip


BUSY = {"error": {"code": "rate_limited", "message": "Too many requests."}}


@pytest.mark.parametrize(
    ("body", "headers", "wait_s"),
    [
        (BUSY, {"retry_after_ms": "1500"}, 1.5),
        (BUSY, {"x_ms_retry_after_ms": "800"}, 0.8),
        (BUSY, {"Retry_After": "2"}, 2.0),
        (BUSY, {"RateLimit_Remaining": "0", "RateLimit_Reset": "7"}, 7.0),
        (BUSY, {"X_RateLimit_Remaining": "0", "X_RateLimit_Reset": "9"}, 9.0),
        (BUSY, {"RateLimit": '"default";r=0;t=6'}, 6.0),
        ({"error": {"code": 429, "status": "RESOURCE_EXHAUSTED", "message": "Slow down.",
                    "details": [{"@type": "type.googleapis.com/google.rpc.RetryInfo",
                                 "retryDelay": "1.5s"}]}}, {}, 1.5),
        ({"message": "Too many requests.", "retryDelay": "1500ms"}, {}, 1.5),
        ({"message": "Too many requests.", "retry_after_ms": 2500}, {}, 2.5),
        ({"message": "Too many requests.", "retryAfterMs": 2500}, {}, 2.5),
        ({"message": "Too many requests.", "retry_after_seconds": 4}, {}, 4.0),
        ("Rate limit reached. Please try again in 3s.", {}, 3.0),
    ],
    ids=lambda value: json.dumps(value)[:60],
)  # fmt: skip
def test_a_throttle_tells_its_wait(body: Any, headers: dict[str, str], wait_s: float) -> None:
    found = read(429, body, **headers)
    assert found.kind is Kind.RATE_LIMITED
    assert found.wait_s == pytest.approx(wait_s, abs=0.01)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (429, {"code": "MONTHLY_ALLOWANCE_SPENT"}),
        (429, {"errors": [{"code": "creditsExhausted", "detail": "No credits left."}]}),
        (429, {"detail": "Your allotment is fully used up."}),
        (429, {"fault": {"faultstring": "Quota of the application is exhausted."}}),
        (403, {"error": {"code": "quotaExceeded", "message": "Ask your administrator."}}),
        (403, {"error": {"errors": [{"reason": "dailyLimitExceeded"}], "message": "Enough."}}),
        (429, "All credits of this account have been consumed."),
        (429, {"title": "Plan limit reached", "detail": "Upgrade to go on."}),
    ],
    ids=lambda value: json.dumps(value)[:60],
)
def test_a_spent_allowance_is_a_quota(status: int, body: Any) -> None:
    assert read(status, body, Retry_After="3600").kind is Kind.QUOTA_EXHAUSTED


@pytest.mark.parametrize(
    "body",
    [
        {"error": {"code": "order_failed", "message": "It could not be processed."}},
        {"success": False, "message": "It could not be processed."},
        {"ok": False, "error": "backend_failure"},
        {"status": "error", "message": "It could not be processed."},
        {"errors": [{"message": "It could not be processed."}], "data": None},
        {"code": 500, "message": "Internal error", "data": None},
    ],
    ids=json.dumps,
)
def test_an_error_under_200_is_soft(body: Any) -> None:
    found = read(200, body)
    assert found.soft
    assert found.kind is not Kind.OK


@pytest.mark.parametrize(
    "body",
    [
        {"errors": {"parcelWeight": ["Unknown field, use 'weight'"]}},
        {"errors": [{"source": {"pointer": "/parcelWeight"}, "code": "unknown_attribute",
                     "detail": "Did you mean 'weight'?"}]},
        {"error": {"code": 400, "status": "INVALID_ARGUMENT", "message": "Bad.", "details": [
            {"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": [
                {"field": "parcelWeight", "description": "Unknown field; did you mean 'weight'?"},
            ]}]}},
        {"detail": [{"loc": ["body", "parcelWeight"], "type": "extra_forbidden", "msg": "Extra"},
                    {"loc": ["body", "weight"], "type": "missing", "msg": "Field required"}]},
        {"errors": {"parcelWeight": ["is not permitted"], "weight": ["can't be blank"]}},
        {"message": "The given data was invalid.", "errors": {
            "weight": ["The weight field is required."],
            "parcelWeight": ["The parcelWeight field is unknown."]}},
        {"weight": ["This field is required."], "parcelWeight": ["Unexpected field."]},
        {"errors": [{"instancePath": "", "keyword": "required",
                     "params": {"missingProperty": "weight"},
                     "message": "must have required property 'weight'"},
                    {"instancePath": "", "keyword": "additionalProperties",
                     "params": {"additionalProperty": "parcelWeight"},
                     "message": "must NOT have additional properties"}]},
    ],
    ids=lambda body: json.dumps(body)[:50],
)  # fmt: skip
def test_a_renamed_field_is_given_its_new_name(body: Any) -> None:
    sent = json.dumps(SENT).encode()
    found = repair(sent, "application/json", read(422, body), None)
    assert found is not None
    assert json.loads(found.body) == {"weight": 3, "city": "Ulm"}


ROW = {
    "type": "object",
    "required": ["sku", "amount", "currency"],
    "properties": {
        "sku": {"type": "string"},
        "amount": {"type": "number"},
        "currency": {"type": "string"},
    },
}
ROWS = {"type": "array", "items": ROW}


@pytest.mark.parametrize(
    "answer",
    [
        [{"Sku": "a", "amount": 1, "currency": "EUR"}],
        [{"sku": "a", "price": {"amount": 1, "currency": "EUR"}}],
        {"data": [{"sku": "a", "amount": 1, "currency": "EUR"}]},
        {"results": [{"SKU": "a", "money": {"Amount": 1, "Currency": "EUR"}}]},
        [{"sku": "a", "amount_value": 1, "currencyCode": "EUR"}],
        {"items": [{"sku": "a", "order": {"paid": {"amount": 1, "currency": "EUR"}}}]},
    ],
    ids=lambda answer: json.dumps(answer)[:50],
)
def test_a_drifted_list_is_brought_back(answer: Any) -> None:
    found = adapt(json.dumps(answer).encode(), ROWS)
    assert found is not None
    assert json.loads(found.body) == [{"sku": "a", "amount": 1, "currency": "EUR"}]
