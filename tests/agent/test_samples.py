from typing import Any

import jsonschema
import pytest

from battle_healer.samples import sample

RECORD = {
    "type": "object",
    "properties": {
        "id": {"type": "string"},
        "amount": {"type": "number"},
        "open": {"type": "boolean"},
        "state": {"enum": ["new", "paid"]},
        "kind": {"const": "charge"},
        "items": {"type": "array", "minItems": 2, "items": {"$ref": "#/$defs/item"}},
        "note": {"type": ["null", "string"]},
        "one": {"oneOf": [{"type": "integer"}, {"type": "string"}]},
    },
    "required": ["id", "amount", "open", "state", "kind", "items", "note", "one"],
    "$defs": {"item": {"type": "object", "properties": {"n": {"type": "integer", "default": 7}}}},
}


def test_a_sample_fits_its_schema_and_is_the_same_every_time() -> None:
    jsonschema.validate(sample(RECORD), RECORD)
    assert sample(RECORD) == sample(RECORD)
    assert sample(RECORD)["items"] == [{"n": 7}, {"n": 7}]


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({}, None),
        ({"examples": ["a"]}, "a"),
        ({"type": []}, None),
        ({"$ref": "https://evil.example/schema"}, None),
        ({"$ref": "#"}, None),
        ({"type": "object", "required": ["x"]}, {"x": None}),
    ],
)
def test_an_odd_schema_gives_something_and_ends(schema: dict[str, Any], value: Any) -> None:
    assert sample(schema) == value
