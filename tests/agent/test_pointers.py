"""JSON Pointers and operations. Source of the examples: RFC 6901, section 5."""

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from battle_healer import pointers
from battle_healer.model import Operation
from battle_healer.pointers import ABSENT

DOCUMENT = {"foo": ["bar", "baz"], "": 0, "a/b": 1, "m~n": 8, "deep": {"x": {"y": None}}}


@pytest.mark.parametrize(
    ("pointer", "value"),
    [
        ("", DOCUMENT),
        ("/foo", ["bar", "baz"]),
        ("/foo/0", "bar"),
        ("/", 0),
        ("/a~1b", 1),
        ("/m~0n", 8),
        ("/deep/x/y", None),
    ],
)
def test_a_pointer_names_its_value(pointer: str, value: object) -> None:
    assert pointers.get(DOCUMENT, pointer) == value


@pytest.mark.parametrize(
    "pointer",
    ["/nowhere", "/foo/2", "/foo/-", "/foo/00", "/foo/-1", "/foo/٣", "/deep/x/y/z", "foo"],
)
def test_a_pointer_to_nowhere_gives_absent_and_not_null(pointer: str) -> None:
    assert pointers.get(DOCUMENT, pointer) is ABSENT


@given(st.lists(st.text()))
def test_tokens_survive_being_joined_and_split(tokens: list[str]) -> None:
    assert pointers.split(pointers.join(tokens)) == tuple(tokens)


def test_a_rename_keeps_its_place_among_its_siblings() -> None:
    renamed = pointers.move({"a": 1, "b": 2, "c": 3}, "/b", "/z")
    assert list(renamed.items()) == [("a", 1), ("z", 2), ("c", 3)]


def test_a_move_may_become_the_whole_document() -> None:
    assert pointers.move({"data": {"id": 1}}, "/data", "") == {"id": 1}


def test_a_list_takes_a_value_in_between_and_at_its_end() -> None:
    assert pointers.put([1, 3], "/1", 2) == [1, 2, 3]
    assert pointers.put([1], "/-", 2) == [1, 2]


@pytest.mark.parametrize(
    "operation",
    [
        Operation("remove", "/nowhere"),
        Operation("remove", ""),
        Operation("replace", "/nowhere", 1),
        Operation("add", "/nowhere/below", 1),
        Operation("add", "/foo/9", 1),
        Operation("add", "/a~1b/below", 1),
        Operation("move", "/deep/x/inside", source="/deep/x"),
        Operation("move", "/z", source="/nowhere"),
        Operation("add", "no-pointer", 1),
        Operation("add", "/a" * 200, 1),
    ],
    ids=lambda operation: f"{operation.op} {operation.path[:20]}",
)
def test_an_operation_that_does_not_apply_changes_nothing(operation: Operation) -> None:
    before = copy.deepcopy(DOCUMENT)
    with pytest.raises(LookupError):
        pointers.apply(DOCUMENT, [operation])
    assert before == DOCUMENT


def test_the_given_document_stays_as_it_is() -> None:
    before = copy.deepcopy(DOCUMENT)
    changed = pointers.apply(
        DOCUMENT,
        [
            Operation("replace", "/foo/0", "new"),
            Operation("remove", "/deep/x"),
            Operation("move", "/q", source="/a~1b"),
        ],
    )
    assert before == DOCUMENT
    assert changed["foo"] == ["new", "baz"]
    assert changed["deep"] == {}
    assert changed["q"] == 1


def test_walking_ends_at_its_bounds() -> None:
    wide = {str(n): [n] for n in range(1_000)}
    assert len(list(pointers.walk(wide, most=10))) == 10
    assert max(len(at) for at, _ in pointers.walk({"a": {"b": {"c": {}}}}, depth=2)) == 2
