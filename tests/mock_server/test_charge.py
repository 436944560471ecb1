"""The charge's body: every defect is named, and hinted only where the hint is certain."""

from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.mock_server.careful import patch

from battle_healer_mock.charge import defects
from battle_healer_mock.demand import DEMANDS
from battle_healer_mock.schemas import CHARGE_REQUEST

GOOD = {"transactionId": "t", "amount": 15, "currency": "EUR", "note": "n"}

TABLE: list[tuple[Any, list[tuple[str, str, Any]]]] = [
    (GOOD, []),
    ({"transactionId": "t", "amount": 0.01}, []),
    ([], [("", "type", None)]),
    ({}, [("/transactionId", "missing", None), ("/amount", "missing", None)]),
    (
        {"txn_id": "broken", "amt_value": 15},
        [
            ("/txn_id", "rename", {"op": "move", "from": "/txn_id", "path": "/transactionId"}),
            ("/amt_value", "rename", {"op": "move", "from": "/amt_value", "path": "/amount"}),
        ],
    ),
    (GOOD | {"txn_id": "x"}, [("/txn_id", "unknown", {"op": "remove", "path": "/txn_id"})]),
    (GOOD | {"a/b~": 1}, [("/a~1b~0", "unknown", {"op": "remove", "path": "/a~1b~0"})]),
    (
        {"transactionID": "t", "amount": 1},
        [
            (
                "/transactionID",
                "rename",
                {"op": "move", "from": "/transactionID", "path": "/transactionId"},
            )
        ],
    ),
    (
        GOOD | {"amount": "15.5"},
        [("/amount", "type", {"op": "replace", "path": "/amount", "value": 15.5})],
    ),
    (GOOD | {"amount": "15 euros"}, [("/amount", "type", None)]),
    (GOOD | {"amount": True}, [("/amount", "type", None)]),
    (GOOD | {"amount": 0}, [("/amount", "range", None)]),
    (GOOD | {"amount": -3}, [("/amount", "range", None)]),
    (
        GOOD | {"transactionId": 7},
        [("/transactionId", "type", {"op": "replace", "path": "/transactionId", "value": "7"})],
    ),
    (GOOD | {"transactionId": ""}, [("/transactionId", "length", None)]),
    (
        GOOD | {"currency": "eur"},
        [("/currency", "format", {"op": "replace", "path": "/currency", "value": "EUR"})],
    ),
    (GOOD | {"currency": "euro"}, [("/currency", "format", None)]),
    (GOOD | {"note": 3}, [("/note", "type", None)]),
]


@pytest.mark.parametrize(("body", "expected"), TABLE, ids=[str(row[0])[:40] for row in TABLE])
def test_each_defect_is_named_with_its_hint(
    body: Any, expected: list[tuple[str, str, Any]]
) -> None:
    assert [(d.pointer, d.code, d.hint) for d in defects(body)] == expected


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 99) | st.floats(-9, 9) | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=4,
)
FIELDS = st.sampled_from([*GOOD, "txn_id", "amt_value", "x"])


@given(st.dictionaries(FIELDS, JSON) | JSON)
def test_a_body_has_no_defect_exactly_when_the_published_schema_takes_it(body: Any) -> None:
    fits = jsonschema.Draft202012Validator(CHARGE_REQUEST).is_valid(body)
    assert fits == (not defects(body))


CHARGES = st.fixed_dictionaries(
    {
        "transactionId": st.text(min_size=1, max_size=12),
        "amount": st.integers(1, 10**6) | st.floats(0.01, 1e6),
    },
    optional={"note": st.text(max_size=9), "currency": st.just("EUR")},
)


@pytest.mark.parametrize("kind", DEMANDS)
@given(charge=CHARGES)
def test_a_demand_is_met_by_its_own_hint_and_undone_without_loss(
    kind: str, charge: dict[str, Any]
) -> None:
    for demand in DEMANDS[kind](charge):
        assert demand.undo(charge) is None
        body = dict(charge)
        patch(body, dict(demand.defect(body).hint or {}))
        assert demand.undo(body) == charge


@pytest.mark.parametrize("kind", DEMANDS)
@given(charge=CHARGES)
def test_no_demand_is_made_on_a_field_that_clients_protect(
    kind: str, charge: dict[str, Any]
) -> None:
    assert all(demand.name != "currency" for demand in DEMANDS[kind](charge))
