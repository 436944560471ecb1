from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from battle_healer.errors import PolicyError
from battle_healer.policy.document import MAX_DEPTH, MAX_VALUES, read

Refusal = Callable[[str], PolicyError]


def test_every_entry_knows_its_line() -> None:
    text = "version: 1\ndestinations:\n  pay:\n    regions:\n      - name: us\n        url: x\n"
    document = read(text, "healer.yaml")
    regions = ("destinations", "pay", "regions")
    assert document.at(regions) == "healer.yaml:4"
    assert document.at((*regions, 0)) == "healer.yaml:5"
    assert document.at((*regions, 0, "url")) == "healer.yaml:6"


def test_an_entry_that_is_not_there_is_told_by_the_one_around_it() -> None:
    document = read("version: 1\npay:\n  a: 1\n", "healer.yaml")
    assert document.at(("pay", "missing", 3)) == "healer.yaml:2"
    assert document.at(("missing",)) == "healer.yaml:1"


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("on", True),
        ("Off", False),
        ("yes", True),
        ("true", True),
        ("null", None),
        ("~", None),
        ("", None),
        ("12", 12),
        ("-0.5", -0.5),
        ("1e3", 1000.0),
        ("010", "010"),
        ("0x1F", "0x1F"),
        ("12:30", "12:30"),
        ("1_000", "1_000"),
        ("2026-01-01", "2026-01-01"),
        (".inf", ".inf"),
        ("24h", "24h"),
        ('"on"', "on"),
        ("'12'", "12"),
    ],
)
def test_a_value_is_what_json_would_call_it_and_on_is_true(written: str, value: object) -> None:
    seen = read(f"key: {written}\n", "healer.yaml").data["key"]
    assert (type(seen), seen) == (type(value), value)


def test_a_key_is_text_as_written() -> None:
    assert read("{on: 1, 2: b}", "healer.yaml").data == {"on": 1, "2": "b"}


def test_aliases_stand_for_what_they_name() -> None:
    assert read("a: &x [1]\nb: *x\n", "healer.yaml").data == {"a": [1], "b": [1]}


def test_a_billion_laughs_are_refused() -> None:
    rows = ['a0: &a0 ["lol", "lol"]']
    rows += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    with pytest.raises(PolicyError, match="too many or too deeply nested") as caught:
        read("\n".join(rows), "healer.yaml")
    assert str(MAX_VALUES) in caught.value.fix


def test_an_alias_of_itself_is_refused() -> None:
    with pytest.raises(PolicyError, match="too many or too deeply nested"):
        read("a: &a [*a]", "healer.yaml")


@pytest.mark.parametrize("depth", [MAX_DEPTH + 1, 100_000])
def test_nesting_has_an_end(depth: int) -> None:
    with pytest.raises(PolicyError, match="nested"):
        read("[" * depth + "]" * depth, "healer.yaml")


def test_a_file_of_very_many_values_is_left_early() -> None:
    with pytest.raises(PolicyError, match="more values than any policy has") as caught:
        read("- a\n" * 200_000, "healer.yaml")
    assert int(caught.value.where.rpartition(":")[2]) < 2.1 * MAX_VALUES


def test_more_than_a_megabyte_is_refused_unread() -> None:
    with pytest.raises(PolicyError, match="larger than 1 MB"):
        read("# " + "é" * 500_000, "healer.yaml")


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("a: 1\nb: 2\na: 3\n", 3, "'a' stands twice"),
        ("a:\n  - {b: 1, c: 2,\n     b: 3}\n", 3, "'b' stands twice"),
        ("a: 1\nb: [1\n", 3, "not usable YAML"),
        ("a: 1\n b: 2\n", 2, "not usable YAML"),
        ("a: 1\n\tb: 2\n", 2, "not usable YAML"),
        ("a: 1\n---\nb: 2\n", 2, "not usable YAML"),
        ("a: 1\nb: *nobody\n", 2, "not usable YAML"),
        ("a: 1\nb: \x07\n", 2, "a character that YAML does not allow"),
        ("a: 1\nb: !!python/object:os.system x\n", 2, "is not understood"),
        ("a: 1\nb: !!binary aGk=\n", 2, "is not understood"),
        ("a: 1\nb: !!int twelve\n", 2, "is not understood"),
        ("a: 1\n[1, 2]: b\n", 2, "a key that is not text"),
    ],
    ids=ascii,
)
def test_what_is_not_understood_is_told_with_its_line(text: str, line: int, what: str) -> None:
    with pytest.raises(PolicyError) as caught:
        read(text, "healer.yaml")
    assert caught.value.where == f"healer.yaml:{line}"
    assert what in caught.value.what


def test_a_merge_key_is_an_unknown_key(refusal: Refusal) -> None:
    error = refusal("version: 1\ndefaults: &d {repair: on}\n<<: *d\n")
    assert (error.where, error.what) == ("healer.yaml:3", "unknown key '<<'")


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        read(text, "healer.yaml")
    except PolicyError as error:
        assert str(error).isprintable()  # noqa: PT017 -- either end is right
