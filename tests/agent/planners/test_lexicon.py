"""Of an answer's text only words of our own list go on."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from battle_healer.model import Lost, Refused, Reply
from battle_healer.planners.lexicon import LEXICON, words_in


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("The server is under MAINTENANCE, try again later", ["maintenance", "try again", "later"]),
        ("deadlock detected in database", ["database"]),
        ("Please sign in to continue", ["sign in"]),
        ("nothing that anybody knows", []),
        ("", []),
    ],
)
def test_a_word_says_that_it_was_seen(text: str, words: list[str]) -> None:
    assert words_in(Reply(500, (), text.encode())) == words


def test_a_lost_connection_is_read_too_and_a_refusal_has_no_text() -> None:
    assert words_in(Lost("connect", "Name or service not known")) == ["dns"]
    assert words_in(Refused("breaker")) == []
    assert words_in(Reply(200, (), None)) == []


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.one_of(st.binary(max_size=300), st.text(max_size=300).map(str.encode)))
def test_whatever_is_written_only_words_of_the_list_come_out(body: bytes) -> None:
    assert set(words_in(Reply(500, (), body))) <= set(LEXICON)


def test_a_long_text_costs_a_bounded_look() -> None:
    body = b"x" * 1_000_000 + b"maintenance"
    assert words_in(Reply(500, (), body)) == []


def test_the_words_are_plain() -> None:
    for word in LEXICON:
        assert json.dumps(word) == f'"{word}"'
        assert word.replace(" ", "").isalpha()
