"""Expectations are laid over one another, and the same calls can be made another way."""

from typing import Any

import pytest

from battle_healer_scenarios.scenario import Scenario, Variant


def scenario(**changes: Any) -> Scenario:
    plain = {
        "name": "mine",
        "title": "t",
        "about": "a",
        "calls": [{"id": "job-{n}", "count": 3, "body": {"transactionId": "t-{n}"}}],
        "expect": {"*": {"outcome": "delivered", "effects": 1}},
        "effects": 3,
    }
    return Scenario.model_validate(plain | changes)


def test_a_later_pattern_is_laid_over_an_earlier_one() -> None:
    made = scenario(expect={"*": {"outcome": "delivered", "effects": 1}, "*3": {"effects": 0}})
    assert made.expected("job-3").effects == 0
    assert made.expected("job-3").outcome == "delivered"
    assert made.expected("job-1").effects == 1


def test_null_takes_an_expectation_away() -> None:
    made = scenario(expect={"*": {"status": 200}, "*3": {"status": None}})
    assert made.expected("job-3").status is None


def test_the_number_of_a_call_stands_in_its_id_key_and_body() -> None:
    made = scenario(calls=[{"id": "j-{n}", "count": 2, "key": "k-{n}", "body": [{"a": "{n}"}]}])
    second = [*made.calls[0].each()][1]
    assert (second.id, second.key, second.body) == ("j-2", "k-2", [{"a": "2"}])


@pytest.mark.parametrize(
    ("variant", "method", "key", "has_body"),
    [
        (None, "POST", None, True),
        ("get", "GET", None, False),
        ("keyed", "POST", "job-1", True),
        ("unkeyed", "POST", None, True),
    ],
)
def test_a_variant_changes_method_key_and_body(
    variant: Variant | None, method: str, key: str | None, has_body: bool
) -> None:
    entry = scenario().as_variant(variant)[0]
    call = next(entry.each())
    assert (call.method, call.key, call.body is not None) == (method, key, has_body)


def test_a_read_made_a_write_gets_a_body_that_the_mock_accepts() -> None:
    made = scenario(calls=[{"id": "job-{n}", "count": 1, "method": "GET"}])
    assert next(made.as_variant("keyed")[0].each()).body == {"transactionId": "job-1", "amount": 1}


def test_a_read_is_expected_to_have_no_effect_unless_it_is_said() -> None:
    made = scenario(expect={"*": {"effects": 1, "effect": "once", "body": {"a": 1}}})
    read = made.expected("job-1", "get")
    assert (read.effects, read.effect, read.body) == (0, "none", None)
    assert made.expected_effects("get") == 0


def test_what_is_said_of_any_post_holds_for_both_and_the_nearer_word_wins() -> None:
    made = scenario(
        variants={
            "post": {"expect": {"*": {"requests": 2}}, "effects": 5},
            "unkeyed": {"expect": {"*": {"requests": 1}}, "effects": 6},
        }
    )
    assert made.expected("job-1", "keyed").bounds == (2, 2)
    assert made.expected("job-1", "unkeyed").bounds == (1, 1)
    assert (made.expected_effects("keyed"), made.expected_effects("unkeyed")) == (5, 6)
    assert made.expected_effects() == 3


def test_a_range_of_requests_is_read() -> None:
    assert scenario(expect={"*": {"requests": "1-4"}}).expected("job-1").bounds == (1, 4)


def test_what_the_mock_is_given_says_nothing_of_calls_or_clock() -> None:
    made = scenario(server={"seed": 7, "clock": "real", "faults": [{"trigger": "reset"}]})
    assert made.for_control() == {
        "name": "mine",
        "seed": 7,
        "faults": [{"calls": "*", "trigger": "reset"}],
        "regions": {},
    }
