"""A field that the reply calls by another name is renamed, where that can mean one thing only."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.building import WHEN, attempt, call

from battle_healer.diagnosis import diagnose
from battle_healer.model import Reply
from battle_healer.repair import repair


def mended(sent: dict[str, Any], answer: dict[str, Any], status: int = 422) -> Any:
    body = json.dumps(sent).encode()
    headers = (("Content-Type", "application/json"),)
    told = diagnose(
        attempt(call("POST", body=body), body=body),
        Reply(status, headers, json.dumps(answer).encode()),
        WHEN,
    )
    found = repair(body, "application/json", told, None)
    return None if found is None else json.loads(found.body)


def offered(**item: Any) -> dict[str, Any]:
    return {"error": {"code": "validation_error", "message": "Not valid.", "details": [item]}}


def located(*items: tuple[str, str]) -> dict[str, Any]:
    words = {"missing": "Field required", "extra_forbidden": "Extra inputs are not permitted"}
    return {"detail": [{"type": t, "loc": ["body", n], "msg": words[t]} for t, n in items]}


@pytest.mark.parametrize(
    "item",
    [
        {"field": "item_code", "issue": "unknown_field", "suggestion": "sku"},
        {"path": "/item_code", "code": "unknown_property", "did_you_mean": ["sku"]},
        {"param": "item_code", "type": "unexpected", "use": "sku"},
        {"pointer": "/item_code", "reason": "unrecognized", "replacement": "/sku"},
        {"field": "item_code", "code": "unknown", "expected": "sku"},
    ],
    ids=lambda item: next(reversed(item)),
)
def test_an_unknown_field_takes_the_name_that_the_error_offers(item: dict[str, Any]) -> None:
    assert mended({"item_code": "a-1", "n": 2}, offered(**item)) == {"sku": "a-1", "n": 2}


@pytest.mark.parametrize(
    "item",
    [
        {"field": "item_code", "issue": "unknown_field", "did_you_mean": ["sku", "ean"]},
        {"field": "item_code", "issue": "unknown_field", "suggestion": "n"},
        {"field": "item_code", "code": "enum", "suggestion": "b-1"},
        {"field": "item_code", "code": "bad", "message": "No good.", "suggestion": "b-1"},
        {"field": "item_code", "code": "unknown", "expected": "/other/place"},
    ],
    ids=["two names", "a name in use", "an allowed value", "a value", "a place elsewhere"],
)
def test_an_offer_that_is_no_single_free_name_renames_nothing(item: dict[str, Any]) -> None:
    sent = {"item_code": "a-1", "n": 2}
    found = mended(sent, offered(**item))
    assert found is None or set(found) <= set(sent)


@pytest.mark.parametrize(
    ("old", "new"), [("product_sku", "sku"), ("room", "meeting_room"), ("guestEmail", "email")]
)
def test_the_one_extra_field_with_a_word_more_or_less_is_the_missing_one(
    old: str, new: str
) -> None:
    answer = located(("missing", new), ("extra_forbidden", old))
    assert mended({old: "x", "n": 1}, answer) == {new: "x", "n": 1}


@pytest.mark.parametrize(
    ("olds", "news"),
    [
        (("product_sku", "vendor_sku"), ("sku",)),
        (("product_sku",), ("sku", "product")),
        (("amount_cents",), ("amount",)),
        (("max_amount",), ("amount",)),
        (("customer_id",), ("customer",)),
    ],
    ids=["two extra", "two missing", "a unit", "a bound", "an identifier"],
)
def test_a_pair_that_may_mean_something_else_is_left(
    olds: tuple[str, ...], news: tuple[str, ...]
) -> None:
    items = [("missing", n) for n in news] + [("extra_forbidden", o) for o in olds]
    found = mended(dict.fromkeys(olds, "x"), located(*items))
    assert found is None or not set(news) & set(found)


@given(
    st.dictionaries(st.sampled_from(["product_sku", "n", "note"]), st.integers(), min_size=1),
    st.sampled_from(["sku", "n", "note", "order_sku"]),
)
def test_a_repaired_request_holds_only_values_of_the_request(
    sent: dict[str, Any], wanted: str
) -> None:
    answer = located(("missing", wanted), ("extra_forbidden", "product_sku"))
    found = mended(sent, answer)
    assert found is None or set(found.values()) <= set(sent.values())
