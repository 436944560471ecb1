"""Idempotency keys: both spellings, bounds, and the end of their time."""

import pytest

from battle_healer_mock.keys import KEY_TTL_S, Bound, Keys, read_key


@pytest.mark.parametrize(
    ("text", "value", "form"),
    [('"k-1"', "k-1", "string"), ("k-1", "k-1", "bare"), (' "a\\"b" ', 'a"b', "string")],
)
def test_a_key_may_be_quoted_or_bare(text: str, value: str, form: str) -> None:
    key = read_key(text)
    assert key is not None
    assert (key.value, key.form) == (value, form)


@pytest.mark.parametrize("text", ["", '""', "a b", '"open', 'a"b', "é", "x" * 256])
def test_what_is_no_key_is_refused(text: str) -> None:
    assert read_key(text) is None


def bound(at_s: float = 0) -> Bound:
    return Bound("print", {}, "eff-1", at_s)


def test_a_key_belongs_to_an_account() -> None:
    keys = Keys()
    keys.bind("a", "k", bound())
    assert keys.get("a", "k", 0) is not None
    assert keys.get("b", "k", 0) is None


def test_a_key_is_free_again_after_its_time() -> None:
    keys = Keys()
    keys.bind("a", "k", bound())
    assert keys.get("a", "k", KEY_TTL_S) is not None
    assert keys.get("a", "k", KEY_TTL_S + 1) is None


def test_the_oldest_key_is_forgotten_first_and_counted() -> None:
    keys = Keys(most=1)
    keys.bind("a", "k1", bound())
    keys.bind("a", "k2", bound())
    assert (keys.get("a", "k1", 0), keys.forgotten, len(keys)) == (None, 1, 1)
