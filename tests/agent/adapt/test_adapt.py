"""A drifted answer in the expected shape; what it does not hold stays absent (I5)."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from battle_healer.adapt import adapt
from battle_healer.contract import meets
from battle_healer.json_text import loads
from battle_healer.model import Adapted
from battle_healer.pointers import ABSENT, apply, get


def shape(**members: Any) -> dict[str, Any]:
    """An object schema: a member's type by name, or its subschema; all are required."""
    declared = {n: {"type": m} if isinstance(m, str) else m for n, m in members.items()}
    return {"type": "object", "properties": declared, "required": list(declared)}


WHEN = {"type": "string", "format": "date-time"}


def adapted(answer: object, schema: dict[str, Any]) -> Adapted | None:
    """The adapted answer, after what holds for every adaptation was found to hold."""
    body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
    found = adapt(body, schema)
    if found is not None:
        _check(body, schema, found)
    return found


def _check(body: bytes, schema: dict[str, Any], found: Adapted) -> None:
    assert found.operations
    assert all(operation.evidence for operation in found.operations)
    assert apply(loads(body), found.operations) == loads(found.body)
    assert found.complete is meets(schema, loads(found.body))


@pytest.mark.parametrize(
    ("answer", "schema", "values"),
    [
        ({"created_at": 1}, shape(createdAt="integer"), {"/createdAt": 1}),
        ({"OrderId": 9}, shape(order_id="integer"), {"/order_id": 9}),
        ({"groesse": "M"}, shape(**{"größe": "string"}), {"/größe": "M"}),
        ({"received_at": "x"}, shape(recieved_at="string"), {"/recieved_at": "x"}),
        ({"qty": 4, "desc": "cup"}, shape(quantity="integer", description="string"),
         {"/quantity": 4, "/description": "cup"}),
        ({"data": {"id": 2}}, shape(id="integer"), {"/id": 2}),
        ({"message": "ok", "data": {"id": 2}}, shape(message="string", id="integer"), {"/id": 2}),
        ({"response": {"user": {"id": 3}}, "took": 4}, shape(user=shape(id="integer")),
         {"/user/id": 3}),
        ([{"id": 2}], shape(id="integer"), {"/id": 2}),
        ([{"id": 2}], shape(items={"type": "array", "items": shape(id="integer")}),
         {"/items/0/id": 2}),
        ({"count": 1, "results": [{"ID": 4}]}, {"type": "array", "items": shape(id="integer")},
         {"/0/id": 4}),
        ({"data": {"id": "2", "type": "x", "attributes": {"title": "B"}}},
         shape(id="string", title="string"), {"/id": "2", "/title": "B"}),
        ({"id": 2, "name": "mug"}, shape(data=shape(id="integer", name="string")),
         {"/data/id": 2, "/data/name": "mug"}),
        ({"address_city": "Bonn"}, shape(address=shape(city="string")), {"/address/city": "Bonn"}),
        ({"customer": {"email": "b"}}, shape(customer_email="string"), {"/customer_email": "b"}),
        ({"meta": {"total": 31}}, shape(total="integer"), {"/total": 31}),
        ({"pricing": {"price": {"amount": 4.5}}}, shape(price=shape(amount="number")),
         {"/price/amount": 4.5}),
        ({"items": {"edges": [{"node": {"id": "x"}}]}},
         shape(items={"type": "array", "items": shape(id="string")}), {"/items/0/id": "x"}),
        ({"parcels": {"no": "P7"}}, shape(parcels={"type": "array", "items": shape(no="string")}),
         {"/parcels/0/no": "P7"}),
        ({"price": "12.50"}, shape(price="number"), {"/price": 12.5}),
        ({"id": 42}, shape(id="string"), {"/id": "42"}),
        ({"on": "true"}, shape(on="boolean"), {"/on": True}),
        ({"region": ["us"]}, shape(region="string"), {"/region": "us"}),
        ({"at": 1772719200}, shape(at=WHEN), {"/at": "2026-03-05T14:00:00Z"}),
        ({"at": 1772719200500}, shape(at=WHEN), {"/at": "2026-03-05T14:00:00.500Z"}),
        ({"at_epoch_seconds": 1772719200}, shape(at=WHEN), {"/at": "2026-03-05T14:00:00Z"}),
        ({"at": "2026-03-05T14:00:00Z"},
         shape(at={"type": "integer", "description": "Unix time in seconds"}), {"/at": 1772719200}),
        ({"duration_ms": 90500}, shape(duration_seconds="number"), {"/duration_seconds": 90.5}),
        ({"amount_cents": 1250}, shape(amount="number"), {"/amount": 12.5}),
        ({"weight": "2.5 kg"}, shape(weight_kg="number"), {"/weight_kg": 2.5}),
    ],
    ids=lambda value: str(value)[:50],
)  # fmt: skip
def test_a_drift_is_brought_back(
    answer: object, schema: dict[str, Any], values: dict[str, Any]
) -> None:
    found = adapted(answer, schema)
    assert found is not None
    assert found.complete
    body = json.loads(found.body)
    assert {pointer: get(body, pointer) for pointer in values} == values


@pytest.mark.parametrize(
    ("answer", "schema", "pointer"),
    [
        ({"amount_refunded": 5}, shape(amount="integer"), "/amount"),
        ({"external_id": "e"}, shape(id="string"), "/id"),
        ({"customer_id": "c"}, shape(id="string"), "/id"),
        ({"updated_at": "2026-03-05T14:00:00Z"}, shape(created_at=WHEN), "/created_at"),
        ({"shipping_email": "s"}, shape(billing_email="string"), "/billing_email"),
        ({"subtotal": 1, "total_items": 3}, shape(total="integer"), "/total"),
        ({"payment_status": "a", "order_status": "b"}, shape(status="string"), "/status"),
        ({"username": "ada"}, shape(name="string"), "/name"),
        ({"fax": "1"}, shape(phone="string"), "/phone"),
        ({"refresh_token": "r"}, shape(access_token="string"), "/access_token"),
        ({"merchant": {"email": "m"}}, shape(email="string", merchant="object"), "/email"),
        ({"zip": "1", "postcode": "2"}, shape(postal_code="string"), "/postal_code"),
        ({"duration": 90}, shape(duration_ms="integer"), "/duration_ms"),
        ({"amount": 1250}, shape(amount_cents="integer"), "/amount_cents"),
        ({"amount_cents": 1250}, shape(amount="integer"), "/amount"),
        ({"starts_on": "2026-03-05"}, shape(starts_at=WHEN), "/starts_at"),
        ({"error": {"message": "id 5"}}, shape(id="integer"), "/id"),
        ([{"id": 2}, {"id": 3}], shape(id="integer"), "/id"),
        ({"items": [{"id": 2}]}, shape(id="integer"), "/id"),
    ],
    ids=lambda value: str(value)[:50],
)
def test_a_decoy_fills_nothing(answer: object, schema: dict[str, Any], pointer: str) -> None:
    found = adapted(answer, schema)
    assert found is None or get(json.loads(found.body), pointer) is ABSENT


@pytest.mark.parametrize("value", ["n/a", "", "12 kg", {}, []])
def test_a_value_of_no_use_is_taken_away_and_not_guessed(value: object) -> None:
    found = adapted({"id": 1, "weight": value}, shape(id="integer", weight="number"))
    assert found is not None
    assert json.loads(found.body) == {"id": 1}
    assert not found.complete


def test_what_is_known_is_kept_where_something_is_gone() -> None:
    schema = shape(id="string", status={"type": "string", "enum": ["accepted"]})
    found = adapted({"data": {"id": 17}}, schema)
    assert found is not None
    assert json.loads(found.body) == {"id": "17"}
    assert not found.complete


@pytest.mark.parametrize("answer", [{"name": "mug"}, {}, [], 7, "text", None])
def test_nothing_certain_gives_nothing(answer: object) -> None:
    assert adapted(answer, shape(id="integer", at=WHEN)) is None


@pytest.mark.parametrize("member", ["a_hours", "a_kg", "a_cents"])
@pytest.mark.parametrize("number", [b"1e999999", b"-1e9999", b"1e-99999", b"9" * 4_000])
def test_an_absurd_number_has_no_other_unit(member: str, number: bytes) -> None:
    for wanted in ("a", "a_seconds", "a_g"):
        assert adapt(b'{"%s": %s}' % (member.encode(), number), shape(**{wanted: "number"})) is None


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"<html>", b"[" * 9_000, b'{"a":1,"a":2}'])
def test_what_is_no_json_gives_nothing(body: bytes) -> None:
    assert adapt(body, shape(id="integer")) is None


def test_a_newer_member_stays_and_numbers_keep_their_spelling() -> None:
    found = adapted(b'{"Total": 10.10, "new": 1E2}', shape(total="number"))
    assert found is not None
    assert found.body == b'{"total":10.10,"new":1E2}'


def test_members_are_dropped_only_where_the_contract_allows_no_other() -> None:
    schema = shape(id="integer") | {"additionalProperties": False}
    found = adapted({"ID": 1, "new": 2}, schema)
    assert found is not None
    assert found.body == b'{"id":1}'


def test_every_item_of_a_list_is_adapted_by_itself() -> None:
    schema = shape(items={"type": "array", "items": shape(price="number")})
    found = adapted({"items": [{"Price": 2.0}, {"list_price_id": "lp"}]}, schema)
    assert found is not None
    assert json.loads(found.body)["items"] == [{"price": 2.0}, {"list_price_id": "lp"}]
    assert not found.complete


def test_a_contract_that_refers_to_itself_is_followed_and_ends() -> None:
    schema = {"$ref": "#/$defs/node",
              "$defs": {"node": {"type": "object", "required": ["nodeId"], "properties": {
                  "nodeId": {"type": "integer"}, "next": {"$ref": "#/$defs/node"}}}}}  # fmt: skip
    found = adapted({"node_id": 1, "next": {"node_id": 2}}, schema)
    assert found is not None
    assert json.loads(found.body) == {"nodeId": 1, "next": {"nodeId": 2}}


def test_a_list_too_long_to_be_told_in_operations_is_left_alone() -> None:
    schema = {"type": "array", "items": shape(price="number")}
    assert adapt(json.dumps([{"Price": 1}] * 5_000).encode(), schema) is None


NAMES = st.sampled_from(
    ["id", "ID", "data", "created_at", "createdAt", "items", "price_cents", "qty"]
)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.sampled_from(["", "7"]),
    lambda inner: st.dictionaries(NAMES, inner, max_size=4) | st.lists(inner, max_size=2),
    max_leaves=12,
)
SCHEMAS = st.sampled_from(
    [
        shape(id="integer", createdAt=WHEN),
        shape(data=shape(id="string"), quantity="number"),
        {"type": "array", "items": shape(id="string", price="number")},
        shape(items={"type": "array", "items": shape(id="integer")}),
        {},
        {"type": ["object", "null"], "properties": {"id": {}}},
    ]
)


def leaves(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [leaf for member in value.values() for leaf in leaves(member)]
    if isinstance(value, list):
        return [leaf for item in value for leaf in leaves(item)]
    return [value]


@given(VALUES, SCHEMAS)
def test_no_answer_makes_it_raise_and_no_member_comes_from_nowhere(
    answer: Any, schema: dict[str, Any]
) -> None:
    found = adapted(answer, schema)
    if found is not None:
        assert len(leaves(json.loads(found.body))) <= len(leaves(answer)) + len(found.operations)
        for operation in found.operations:
            if operation.op == "add":
                assert is_held(operation.value, answer)


def is_held(value: Any, answer: Any) -> bool:
    """Whether every plain value of a list or object stands in the answer, too ({} holds none)."""
    given = [str(leaf) for leaf in leaves(answer)]
    return all(str(leaf) in given for leaf in leaves(value))
