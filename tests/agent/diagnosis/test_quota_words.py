"""A spent quota is told from a throttle in every spelling, and a throttle from a spent quota."""

import json
from typing import Any

import pytest
from tests.support.building import WHEN, attempt, call

from battle_healer.diagnosis import diagnose
from battle_healer.model import Kind, Reply


def kind(body: Any, *, wait_s: int | None = 3600, status: int = 429) -> Kind:
    text = body if isinstance(body, str) else json.dumps(body)
    media = "text/plain" if isinstance(body, str) else "application/json"
    headers = [("Content-Type", media)]
    if isinstance(body, dict) and "title" in body:
        headers = [("Content-Type", "application/problem+json")]
    if wait_s is not None:
        headers.append(("Retry-After", str(wait_s)))
    return diagnose(attempt(call()), Reply(status, tuple(headers), text.encode()), WHEN).kind


@pytest.mark.parametrize(
    "body",
    [
        {"error": {"code": "quota_exceeded", "type": "quota_exceeded",
                   "message": "The quota of this API key is used up."}},
        {"type": "https://maps.example/problems/quota-exceeded", "title": "Quota exceeded",
         "status": 429, "detail": "The quota of this project is used up."},
        {"detail": "The allowance of your account has been consumed."},
        {"error": {"code": "CREDITS_EXHAUSTED", "message": "Nothing left."}},
        {"code": "AllowanceDepleted", "message": "See your dashboard."},
        {"error": "PlanLimitReached"},
        {"message": "You have used up all of your free credits."},
        "The quota of this API key is used up.",
        "You are out of credits.",
        "0 credits remaining",
    ],
    ids=lambda body: json.dumps(body)[:50],
)  # fmt: skip
def test_a_spent_quota_asks_for_another_credential(body: Any) -> None:
    assert kind(body) is Kind.QUOTA_EXHAUSTED
    assert kind(body, wait_s=None) is Kind.QUOTA_EXHAUSTED


@pytest.mark.parametrize(
    ("body", "wait_s"),
    [
        ({"error": {"code": "quota_exceeded", "message": "Quota exceeded for reads per minute."}},
         30),
        ({"error": {"code": "quota_exceeded", "message": "The quota is used up."}}, 5),
        ({"error": {"code": "quota_exceeded", "message": "The hourly quota is used up."}}, 3600),
        ({"error": {"code": "rate_limited", "message": "Too many requests."}}, 3600),
        ({"detail": "Rate limit of 10 requests per second exceeded."}, 1),
        ("Too many requests.", 1800),
    ],
    ids=lambda value: json.dumps(value)[:50],
)  # fmt: skip
def test_what_fills_again_soon_is_a_throttle(body: Any, wait_s: int) -> None:
    assert kind(body, wait_s=wait_s) is Kind.RATE_LIMITED


def test_a_spent_quota_may_be_a_403() -> None:
    body = {"error": {"message": "The credits of your team are used up."}}
    assert kind(body, wait_s=None, status=403) is Kind.QUOTA_EXHAUSTED
