"""JSON text keeps what nobody changes."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from battle_healer.json_text import dumps, loads

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@pytest.mark.parametrize(
    "number", ["10.10", "15", "1E400", "-0.0", "1e2", "0.1", "12345678901234567890"]
)
def test_a_number_keeps_its_spelling(number: str) -> None:
    assert dumps(loads(f'{{"amount":{number}}}')) == f'{{"amount":{number}}}'.encode()


def test_members_keep_their_order_and_text_its_letters() -> None:
    text = '{"z":"Zoë 🚀","a":[true,null,"\\"\\n"]}'
    assert dumps(loads(text)).decode() == text


@given(VALUES)
def test_what_is_written_reads_as_the_same_value(value: object) -> None:
    assert json.loads(dumps(value).decode("utf-8", "surrogatepass")) == value


@pytest.mark.parametrize(
    "text",
    ['{"a":1,"a":2}', "NaN", "[Infinity]", "[" * 5_000, "[" * 200 + "]" * 200, "{", b"\xff\xfe{}"],
    ids=["a name twice", "NaN", "infinity", "endless", "too deep", "cut", "not UTF-8"],
)
def test_what_cannot_be_kept_faithfully_is_refused(text: str | bytes) -> None:
    with pytest.raises(ValueError, match=r".*"):
        loads(text)
