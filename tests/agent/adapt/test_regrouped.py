"""Members that moved together into a new object are brought back; another thing's never are."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from battle_healer.adapt import adapt

KINDS = {"id": "string", "amount": "number", "currency": "string"}
SCHEMA = {
    "type": "object",
    "properties": {name: {"type": kind} for name, kind in KINDS.items()},
    "required": list(KINDS),
}


@pytest.mark.parametrize(
    "group",
    [
        {"payment": {"amount": 5, "currency": "EUR"}},
        {"price": {"currency": "EUR", "amount": 5}},
        {"order": {"money": {"amount": 5, "currency": "EUR"}}},
    ],
    ids=lambda group: next(iter(group)),
)
def test_members_that_moved_together_are_brought_back(group: dict[str, Any]) -> None:
    found = adapt(json.dumps({"id": "a"} | group).encode(), SCHEMA)
    assert found is not None
    assert found.complete
    assert json.loads(found.body) == {"id": "a", "amount": 5, "currency": "EUR"}


@pytest.mark.parametrize(
    "groups",
    [
        {"paid": {"amount": 5, "currency": "EUR"}, "due": {"amount": 7, "currency": "EUR"}},
        {"payment": {"amount": "five", "currency": "EUR"}},
        {"refund": {"amount": 5, "currency": "EUR"}},
        {"previous_price": {"amount": 5, "currency": "EUR"}},
        {"fees": {"amount": 5, "currency": "EUR", "of": "bank"}},
        {"payment": {"amount_cents": 500, "currency": "EUR"}},
    ],
    ids=["two", "wrong type", "refund", "previous", "own members", "another unit"],
)
def test_what_may_be_another_things_stays_absent(groups: dict[str, Any]) -> None:
    found = adapt(json.dumps({"id": "a"} | groups).encode(), SCHEMA)
    assert found is None or "amount" not in json.loads(found.body)


def _leaves(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [leaf for member in value.values() for leaf in _leaves(member)]
    return [value]


@given(
    st.dictionaries(
        st.sampled_from(["id", "amount", "currency", "payment", "due"]),
        st.integers() | st.dictionaries(st.sampled_from(["amount", "currency"]), st.integers()),
    )
)
def test_an_adapted_answer_holds_only_values_of_the_answer(answer: dict[str, Any]) -> None:
    numbers = {"type": "object", "properties": {n: {"type": "integer"} for n in KINDS}}
    found = adapt(json.dumps(answer).encode(), numbers)
    if found is not None:
        assert set(_leaves(json.loads(found.body))) <= set(_leaves(answer))
