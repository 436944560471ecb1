"""What a contract says of a value, and what happens with a contract that is no good."""

import socket
from typing import Any

import pytest

from battle_healer.contract import meets, problems

CHARGE: dict[str, Any] = {
    "type": "object",
    "required": ["id", "at"],
    "properties": {
        "id": {"type": "string"},
        "at": {"type": "string", "format": "date-time"},
        "code": {"type": "string", "pattern": "^[A-Z]{3}$"},
    },
}


def test_a_value_that_fits_has_no_problems() -> None:
    value = {"id": "c1", "at": "2026-03-05T14:00:00Z", "code": "EUR"}
    assert meets(CHARGE, value)
    assert problems(CHARGE, value) == ()


@pytest.mark.parametrize(
    ("value", "line"),
    [
        ({"id": "c1"}, "/: required at"),
        ({"id": 1, "at": "2026-03-05T14:00:00Z"}, "/id: type string"),
        ({"id": "c1", "at": "2026-03-05"}, "/at: format date-time"),
        ({"id": "c1", "at": "2026-13-05T14:00:00Z"}, "/at: format date-time"),
        ({"id": "c1", "at": "2026-03-05T14:00:00Z", "code": "eur"}, "/code: pattern ^[A-Z]{3}$"),
        ([], "/: type object"),
    ],
)
def test_a_problem_names_the_place_and_the_rule(value: object, line: str) -> None:
    assert problems(CHARGE, value) == (line,)
    assert not meets(CHARGE, value)


def test_a_problem_never_shows_the_value() -> None:
    assert "hunter2" not in str(problems(CHARGE, {"id": {"password": "hunter2"}, "at": "hunter2"}))


def test_a_remote_reference_is_never_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a contract opened a connection")

    monkeypatch.setattr(socket, "create_connection", refuse)
    schema = {"$ref": "http://schemas.example/charge.json"}
    assert not meets(schema, {})
    assert "cannot be applied" in problems(schema, {})[0]


@pytest.mark.parametrize(
    "schema", [{"pattern": "("}, {"type": 7}, {"$ref": "#/nowhere"}, {"properties": 3}]
)
def test_an_unusable_contract_verifies_nothing(schema: dict[str, Any]) -> None:
    assert not meets(schema, "text" if "pattern" in schema else {})


def test_a_reference_within_the_contract_is_followed() -> None:
    schema = {"$ref": "#/$defs/id", "$defs": {"id": {"type": "string"}}}
    assert meets(schema, "c1")
    assert not meets(schema, 1)


def test_a_long_text_is_not_matched_against_a_slow_pattern() -> None:
    assert not meets({"pattern": "^(a|a)*$"}, "a" * 5_000 + "b")


def test_two_contracts_with_one_identity_in_turn_are_not_confused() -> None:
    verdicts = [meets({"type": kind}, "text") for kind in ("string", "integer") * 300]
    assert verdicts == [True, False] * 300
