"""A repair that the API itself offers does not touch what the policy protects (I5)."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx2
import pytest
from tests.agent.clients.conftest import surroundings
from tests.support.building import without
from tests.support.serving import Api, Said, Seen

from battle_healer import outcome_of
from battle_healer.rules import Destination, Endpoint, Region, Rules

Ask = Callable[..., httpx2.Response]
SENT = {"item_code": "a-1", "n": 2}


def offering(seen: Seen) -> Said:
    """An API that takes `sku`, and offers that name for `item_code`."""
    if "sku" in seen.json:
        return Said(201, {"ok": 1})
    item = {"field": "item_code", "issue": "unknown_field", "suggestion": "sku"}
    return Said(422, {"error": {"code": "validation_error", "details": [item]}})


def posted(ask: Ask, protected: str, **client: Any) -> tuple[httpx2.Response, list[Any]]:
    """The reply, and the bodies that reached the API."""
    with Api(offering) as api:
        order = Endpoint("order", "POST /orders", repair=True, protected=(protected,))
        rules = Rules((Destination("shop", (Region("us", api.url),), (), (order,)),))
        reply = ask("POST", "shop:/orders", json=SENT, client={"policy": rules} | client)
        return reply, [json.loads(seen.body) for seen in api.seen]


@pytest.mark.parametrize("protected", ["/item_code", "/sku"])
def test_an_offered_rename_of_or_to_a_protected_field_is_refused(ask: Ask, protected: str) -> None:
    reply, bodies = posted(ask, protected)
    assert bodies == [SENT]
    assert reply.status_code == 422
    assert f"{protected} is protected by the policy" in outcome_of(reply).reason


@pytest.mark.parametrize("protected", ["/item_code", "/sku"])
def test_without_the_guardrail_the_offer_is_taken(ask: Ask, protected: str) -> None:
    reply, bodies = posted(ask, protected, surroundings=surroundings(guardrails=without("I5")))
    assert bodies == [SENT, {"n": 2, "sku": "a-1"}]
    assert reply.status_code == 201


def test_what_is_not_protected_takes_the_offered_name(ask: Ask) -> None:
    _, bodies = posted(ask, "/n")
    assert bodies == [SENT, {"n": 2, "sku": "a-1"}]
