"""A request mended by what the error and the contract name, and by nothing else (I5)."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from battle_healer.json_text import loads
from battle_healer.model import Diagnosis, Hint, Kind
from battle_healer.pointers import apply, is_within
from battle_healer.repair import Repaired, repair, touches

ORDER: dict[str, Any] = {
    "type": "object",
    "required": ["sku", "qty"],
    "additionalProperties": False,
    "properties": {
        "sku": {"type": "string"},
        "qty": {"type": "integer", "minimum": 1, "maximum": 100},
        "day": {"type": "string", "format": "date"},
        "at": {"type": "string", "format": "date-time"},
        "size": {"type": "string", "enum": ["small", "extra_large"]},
        "unit": {"type": "string", "default": "piece"},
        "address": {
            "type": "object",
            "required": ["city"],
            "properties": {"city": {"type": "string"}, "postal_code": {"type": "string"}},
            "additionalProperties": False,
        },
    },
}


def refused(
    *hints: tuple[str, Any, Any] | tuple[str, Any], kind: Kind = Kind.INVALID_REQUEST
) -> Diagnosis:
    found = tuple(Hint(h[0], h[1], h[2] if len(h) == 3 else None, "the 422 reply") for h in hints)
    return Diagnosis(kind, "no", "changed", hints=found)


def mended(
    sent: object,
    *hints: Any,
    schema: dict[str, Any] | None = None,
    may_clamp: tuple[str, ...] = (),
) -> Any:
    """The mended body, after what holds for every repair was found to hold; None for a stop."""
    body = sent if isinstance(sent, bytes) else json.dumps(sent).encode()
    found = repair(body, "application/json", refused(*hints), schema, may_clamp=may_clamp)
    if found is None:
        return None
    _check(body, found)
    return json.loads(found.body)


def _check(body: bytes, found: Repaired) -> None:
    assert found.operations
    assert all(operation.evidence for operation in found.operations)
    assert apply(loads(body), found.operations) == loads(found.body)


# Without a contract: only what the error itself names.


@pytest.mark.parametrize(
    ("sent", "hint", "body"),
    [
        ({"a": 1, "txn": 2}, ("/txn", "rename", "/transaction"), {"a": 1, "transaction": 2}),
        ({"a": "15"}, ("/a", "type", "number"), {"a": 15}),
        ({"a": "true"}, ("/a", "type", "boolean"), {"a": True}),
        ({"a": 50667}, ("/a", "type", "string"), {"a": "50667"}),
        ({"a": "x"}, ("/a", "type", "array"), {"a": ["x"]}),
        ({"a": ["x"]}, ("/a", "type", "string"), {"a": "x"}),
        ({"a": 1, "debug": True}, ("/debug", "unknown"), {"a": 1}),
        ({"a": "eur"}, ("/a", "enum", ("EUR", "USD")), {"a": "EUR"}),
        ({"a": "in progress"}, ("/a", "enum", ("NEW", "IN_PROGRESS")), {"a": "IN_PROGRESS"}),
        ({"a": "canceled"}, ("/a", "enum", ("paid", "cancelled")), {"a": "cancelled"}),
        ({"a": "2026/03/05"}, ("/a", "format"), {"a": "2026-03-05"}),
        ({"a": "2026-03-05 14:00:00Z"}, ("/a", "format"), {"a": "2026-03-05T14:00:00Z"}),
        ({"a": "t1"}, ("/a", "format", "txn:t1"), {"a": "txn:t1"}),
        ({"a": "15.0"}, ("/a", "format", 15), {"a": 15}),
        ({"a": 15}, ("/a", "format", "EUR 15.00"), {"a": "EUR 15.00"}),
        ({"a": 15}, ("/a", "format", "15 EUR"), {"a": "15 EUR"}),
        ({}, ("/zone", "missing", "UTC"), {"zone": "UTC"}),
        ({"a": {"app": "web", "v": 2}}, ("/a", "type", "string"), {"a": {"app": "web", "v": "2"}}),
    ],
    ids=lambda value: str(value)[:40],
)  # fmt: skip
def test_what_the_error_names_is_mended(sent: object, hint: Any, body: object) -> None:
    assert mended(sent, hint) == body


@pytest.mark.parametrize(
    ("sent", "hint"),
    [
        ({"a": "12 pcs"}, ("/a", "type", "integer")),
        ({"a": "12.7"}, ("/a", "type", "integer")),
        ({"a": "1,200"}, ("/a", "type", "number")),
        ({"a": " 12"}, ("/a", "type", "integer")),
        ({"a": "yes"}, ("/a", "type", "boolean")),
        ({"a": "ten"}, ("/a", "type", "number")),
        ({"a": "007"}, ("/a", "type", "integer")),
        ({"a": None}, ("/a", "type", "string")),
        ({"a": ["x", "y"]}, ("/a", "type", "string")),
        ({"a": 12}, ("/a", "type", "integer")),
        ({"a": "pro"}, ("/a", "enum", ("pro_monthly", "pro_yearly"))),
        ({"a": "purple"}, ("/a", "enum", ("red", "green"))),
        ({"a": "05/03/2026"}, ("/a", "format")),
        ({"a": "03-05-26"}, ("/a", "format")),
        ({"a": "2026-03-05T14:00:00"}, ("/a", "format")),
        ({"a": "DE-1"}, ("/a", "enum", "EV-9")),
        ({"a": 900}, ("/a", "type", 0)),
        ({"a": 1}, ("/a", "format", 1000)),
        ({"a": 15}, ("/a", "format", "1500")),
        ({"a": "12"}, ("/a", "format", "12345")),
        ({"a": 1.5}, ("/a", "format", 15)),
        ({"a": 15}, ("/a", "format", "1.15 EUR")),
        ({"a": 7}, ("/a", "format", 10**400)),
        ({"a": 500}, ("/a", "range", "must be at most 100")),
        ({"a": 1}, ("/b", "missing")),
        ({"a": 1}, ("/a", "invalid")),
        ({"a": 1, "b": 2}, ("/a", "rename", "/b")),
        ({"a": 1}, ("/b", "rename", "/c")),
        ({"a": 1}, ("/b", "unknown")),
        ([], ("/0", "unknown")),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_change_that_is_not_certain_stops_the_repair(sent: object, hint: Any) -> None:
    assert mended(sent, hint) is None


def test_one_uncertain_change_stops_all() -> None:
    assert mended({"qty": "3"}, ("/qty", "type", "integer"), ("/sku", "missing")) is None


def test_one_refused_and_one_missing_field_are_one_field() -> None:
    hints = (("/mail", "unknown"), ("/email", "missing"))
    assert mended({"mail": "li@example.org"}, *hints) == {"email": "li@example.org"}


def test_two_candidates_for_one_missing_field_are_none() -> None:
    hints = (("/total", "unknown"), ("/sum", "unknown"), ("/amount", "missing"))
    assert mended({"total": 1, "sum": 2}, *hints) is None


def test_a_refused_field_is_not_dropped_while_another_is_missing() -> None:
    assert mended({"name": "Ada Hoff"}, ("/name", "unknown"), ("/first_name", "missing")) is None


# With a contract: it says more exactly what the error means, and must agree.


@pytest.mark.parametrize(
    ("sent", "hints", "body"),
    [
        ({"SKU": "a", "Qty": "3"}, [("/SKU", "unknown"), ("/Qty", "unknown")],
         {"sku": "a", "qty": 3}),
        ({"sku": "a", "qty": 1, "debug": 1}, [("/debug", "unknown")], {"sku": "a", "qty": 1}),
        (
            {"sku": "a", "qty": 1, "size": "Extra Large", "day": "2026.07.09"},
            [("/size", "enum"), ("/day", "format")],
            {"sku": "a", "qty": 1, "size": "extra_large", "day": "2026-07-09"},
        ),
        (
            {"sku": "a", "qty": 1, "city": "Ulm", "address": {}},
            [("/city", "unknown"), ("/address/city", "missing")],
            {"sku": "a", "qty": 1, "address": {"city": "Ulm"}},
        ),
        (
            {"sku": "a", "qty": 1, "address": {"city": "Ulm", "zipCode": "1"}},
            [("/address/zipCode", "unknown"), ("/address/postal_code", "missing")],
            {"sku": "a", "qty": 1, "address": {"city": "Ulm", "postal_code": "1"}},
        ),
        ({"data": {"sku": "a", "qty": 2}}, [("/data", "unknown")], {"sku": "a", "qty": 2}),
        ({"sku": "a", "qty": "25"}, [], {"sku": "a", "qty": 25}),
        ({"sku": "a", "qty": 1}, [("/unit", "missing")], {"sku": "a", "qty": 1, "unit": "piece"}),
    ],
    ids=lambda value: str(value)[:50],
)  # fmt: skip
def test_the_contract_completes_what_the_error_says(
    sent: object, hints: list[Any], body: object
) -> None:
    assert mended(sent, *hints, schema=ORDER) == body


@pytest.mark.parametrize(
    ("sent", "hints"),
    [
        ({"sku": "a", "qty": 3}, [("/qty", "type", "string")]),
        ({"sku": "a", "qty": 3}, [("/price", "range", "greater than 0")]),
        ({"sku": "a", "qty": 3}, []),
        ({"sku": "a"}, [("/qty", "missing")]),
        ({"sku": "a", "qty": 500}, [("/qty", "range", "at most 100")]),
        ({"sku": "a", "qty": 1, "address": {"city": "Ulm", "town": "x"}}, [("/sku", "invalid")]),
    ],
    ids=["they contradict", "neither has it", "nothing is wrong", "the value is nowhere",
         "a bound is not cut", "another field is blamed"],
)  # fmt: skip
def test_where_error_and_contract_do_not_add_up_the_repair_stops(
    sent: object, hints: list[Any]
) -> None:
    assert mended(sent, *hints, schema=ORDER) is None


def test_a_body_is_wrapped_where_only_there_it_fits() -> None:
    schema = {
        "type": "object",
        "required": ["order"],
        "properties": {"order": ORDER},
        "additionalProperties": False,
    }
    sent = {"sku": "a", "qty": 1}
    assert mended(sent, ("/order", "missing"), schema=schema) == {"order": sent}


@pytest.mark.parametrize(
    ("sent", "hint", "bound"),
    [
        (500, ("/qty", "range", "must be less than or equal to 100"), 100),
        (0, ("/qty", "range", "must be at least 1"), 1),
        (2500, ("/qty", "range", "must be between 1 and 1000"), 1000),
    ],
)
def test_a_number_is_cut_to_its_bound_only_where_the_policy_allows(
    sent: int, hint: Any, bound: int
) -> None:
    assert mended({"qty": sent}, hint) is None
    assert mended({"qty": sent}, hint, may_clamp=("/qty",)) == {"qty": bound}


# What nobody names stays as it was.


def test_what_is_not_named_keeps_its_order_and_the_spelling_of_its_numbers() -> None:
    body = b'{"z": 10.10, "n": "3", "a": {"k": 1E2, "text": "Zo\xc3\xab \xf0\x9f\x9a\x80"}}'
    found = repair(body, "application/json", refused(("/n", "type", "integer")), None)
    assert found is not None
    assert found.body == b'{"z":10.10,"n":3,"a":{"k":1E2,"text":"Zo\xc3\xab \xf0\x9f\x9a\x80"}}'


def test_a_number_becomes_text_as_it_was_spelled() -> None:
    found = repair(
        b'{"amount": 10.10}', "application/json", refused(("/amount", "type", "string")), None
    )
    assert found is not None
    assert found.body == b'{"amount":"10.10"}'


def test_the_operations_tell_every_place_that_they_touch() -> None:
    body = b'{"a": "1", "b": 2}'
    hints = (("/a", "type", "integer"), ("/b", "rename", "/c"))
    found = repair(body, "application/json", refused(*hints), None)
    assert found is not None
    assert touches(found.operations) == {"/a", "/b", "/c"}


@pytest.mark.parametrize("body", [b"{", b'{"a":1,"a":2}', b"\xff", b"", b"[" * 10_000])
def test_a_body_that_cannot_be_kept_faithfully_is_left_alone(body: bytes) -> None:
    assert repair(body, "application/json", refused(("/a", "unknown")), None) is None


def test_what_is_no_json_is_left_alone() -> None:
    assert (
        repair(b"a=1", "application/x-www-form-urlencoded", refused(("/a", "unknown")), None)
        is None
    )


@pytest.mark.parametrize(
    "kind", [k for k in Kind if k not in (Kind.INVALID_REQUEST, Kind.CONFLICT)]
)
def test_only_a_refused_content_is_mended(kind: Kind) -> None:
    diagnosis = refused(("/a", "type", "integer"), kind=kind)
    assert repair(b'{"a": "1"}', "application/json", diagnosis, None) is None


NAMES = st.sampled_from(["a", "b", "qty", "sku", "address", "city", "data"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(0, 200) | st.sampled_from(["", "1", "small", "true"]),
    lambda inner: st.dictionaries(NAMES, inner, max_size=3) | st.lists(inner, max_size=2),
    max_leaves=6,
)
POINTERS = st.sampled_from(["", "/a", "/qty", "/sku", "/address/city", "/a/b", "/data/0", "bad"])
HINTS = st.tuples(
    POINTERS,
    st.sampled_from(["unknown", "missing", "type", "enum", "format", "range", "rename", "invalid"]),
    st.none() | POINTERS | st.sampled_from(["integer", "string", ("small",), 5, "at most 3"]),
)


@given(st.dictionaries(NAMES, VALUES), st.lists(HINTS, max_size=3), st.sampled_from([None, ORDER]))
def test_no_hint_makes_it_raise_or_touch_what_nobody_named(
    sent: dict[str, Any], hints: list[Any], schema: dict[str, Any] | None
) -> None:
    body = json.dumps(sent).encode()
    found = repair(body, "application/json", refused(*hints), schema)
    if found is None:
        return
    _check(body, found)
    if schema is None:
        named = [h[0] for h in hints] + [h[2] for h in hints if isinstance(h[2], str)]
        for touched in touches(found.operations):
            assert any(is_within(touched, name) or is_within(name, touched) for name in named)
