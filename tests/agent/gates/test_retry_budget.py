"""The retry budget: what each constant lets through, and what it makes wait."""

from itertools import pairwise

import pytest

from battle_healer.gates.retry_budget import RetryBudget
from battle_healer.model import Kind, Refused
from battle_healer.rules import GateBounds


def budget(**rows: float) -> RetryBudget:
    return RetryBudget(GateBounds(**rows), 100.0)  # type: ignore[arg-type] # rows of either type


def resends(it: RetryBudget, kind: Kind, now: float = 100.0) -> int:
    """How many go at once."""
    sent = 0
    while it.pay(kind, now, left_s=0.0) is None:
        sent += 1
    return sent


@pytest.mark.parametrize(("kind", "most"), [(Kind.SERVER_ERROR, 35), (Kind.RATE_LIMITED, 100)])
def test_a_full_budget_pays_for_35_failures_or_100_throttles(kind: Kind, most: int) -> None:
    assert resends(budget(), kind) == most


@pytest.mark.parametrize("kind", [None, Kind.CREDENTIAL_EXPIRED, Kind.INVALID_REQUEST])
def test_what_is_no_repetition_costs_nothing(kind: Kind | None) -> None:
    it = budget()
    assert all(it.pay(kind, 100.0, 30.0) is None for _ in range(1000))
    assert resends(it, Kind.TIMEOUT) == 35


def test_time_earns_ten_resends_a_second() -> None:
    it = budget()
    resends(it, Kind.TIMEOUT)
    assert resends(it, Kind.TIMEOUT, 101.0) == 10
    assert resends(it, Kind.TIMEOUT, 103.0) == 20


def test_fourteen_clean_answers_earn_a_resend() -> None:
    it = budget()
    resends(it, Kind.TIMEOUT)  # leaves 10
    for _ in range(3):
        it.earn()
    assert resends(it, Kind.TIMEOUT) == 0
    it.earn()
    assert resends(it, Kind.TIMEOUT) == 1


def test_it_never_holds_more_than_when_full() -> None:
    it = budget()
    for _ in range(1000):
        it.earn()
    assert resends(it, Kind.TIMEOUT, 1e6) == 35


def test_who_comes_when_it_is_empty_gets_a_turn_of_his_own_a_tenth_of_a_second_apart() -> None:
    it = budget()
    resends(it, Kind.TIMEOUT)
    turns = [it.pay(Kind.TIMEOUT, 100.0, 30.0) for _ in range(4)]
    assert all(isinstance(turn, Refused) and turn.patient and turn.paid for turn in turns)
    waits = [turn.wait_s for turn in turns if turn]
    gaps = [later - earlier for earlier, later in pairwise(waits)]
    assert gaps == pytest.approx([0.1] * 3)


def test_the_line_is_no_longer_than_a_full_budget() -> None:
    it = budget()
    resends(it, Kind.TIMEOUT)
    turns = [it.pay(Kind.TIMEOUT, 100.0, 30.0) for _ in range(100)]
    kept = [turn for turn in turns if turn and turn.paid]
    assert len(kept) == 36
    assert max(turn.wait_s for turn in kept) <= 500 / 140
    assert not any(turn.patient for turn in turns[36:] if turn)


def test_a_turn_that_comes_too_late_is_not_kept_for_anybody() -> None:
    it = budget()
    resends(it, Kind.TIMEOUT)
    refused = [it.pay(Kind.TIMEOUT, 100.0, 0.001) for _ in range(5)]
    assert {(turn.paid, turn.wait_s) for turn in refused if turn} == {(False, 4 / 140)}


def test_a_clock_that_was_read_earlier_earns_nothing_twice() -> None:
    it = budget()
    resends(it, Kind.TIMEOUT, 110.0)
    assert resends(it, Kind.TIMEOUT, 105.0) == 0
    assert resends(it, Kind.TIMEOUT, 110.0) == 0


def test_its_repr_says_what_is_left() -> None:
    it = budget()
    it.pay(Kind.TIMEOUT, 100.0, 1.0)
    assert repr(it) == "<RetryBudget 486 of 500>"
