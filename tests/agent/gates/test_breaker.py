"""The breaker, step by step; each constant shows in whom it lets through."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from battle_healer.gates.breaker import PROBE_S, UNWELL, Breaker, State, Window
from battle_healer.model import Kind
from battle_healer.rules import GateBounds


def breaker(**rows: float) -> Breaker:
    return Breaker(GateBounds(**rows))  # type: ignore[arg-type] # rows of either type


def count(it: Breaker, now: float, *, well: int = 0, failed: int = 0) -> None:
    for number in range(well + failed):
        it.settle(f"{now}-{number}", now, failed=number >= well)


def state(it: Breaker) -> State:
    """Asked anew: it moves between two questions."""
    return it.state


def opened(now: float = 100.0) -> Breaker:
    it = breaker()
    count(it, now, failed=20)
    assert state(it) is State.OPEN
    return it


def test_nineteen_failures_prove_nothing_and_twenty_do() -> None:
    it = breaker()
    count(it, 100.0, failed=19)
    assert it.refusal(100.0) is None
    count(it, 100.0, failed=1)
    assert it.refusal(100.0) is not None


def test_half_of_the_attempts_must_fail() -> None:
    it = breaker()
    count(it, 100.0, well=11, failed=10)
    assert it.refusal(100.0) is None
    count(it, 100.0, failed=1)
    assert it.refusal(100.0) is not None


def test_what_is_older_than_the_window_does_not_count() -> None:
    it = breaker()
    count(it, 100.0, failed=19)
    count(it, 110.5, failed=19)
    assert state(it) is State.CLOSED
    count(it, 111.0, failed=1)
    assert state(it) is State.OPEN


def test_it_stays_open_for_five_seconds() -> None:
    it = opened(100.0)
    refused = it.refusal(101.0)
    assert refused is not None
    assert refused.wait_s == pytest.approx(4.0)
    assert it.refusal(104.999) is not None
    assert it.refusal(105.0) is None


def test_one_call_probes_and_the_others_stay_away() -> None:
    it = opened()
    it.enter("probe")
    refused = it.refusal(105.0)
    assert refused is not None
    assert (state(it), refused.wait_s) == (State.HALF_OPEN, PROBE_S)


def test_a_good_probe_closes_it_and_the_past_is_forgotten() -> None:
    it = opened()
    it.enter("probe")
    it.settle("probe", 105.0, failed=False)
    count(it, 105.0, failed=19)
    assert state(it) is State.CLOSED


def test_a_bad_probe_opens_it_for_another_five_seconds() -> None:
    it = opened()
    it.enter("probe")
    it.settle("probe", 106.0, failed=True)
    assert it.refusal(110.9) is not None
    assert it.refusal(111.0) is None


def test_a_probe_that_was_cancelled_gives_its_turn_back() -> None:
    it = opened()
    it.enter("probe")
    it.settle("probe", 105.0, failed=None)
    assert (state(it), it.refusal(105.0)) == (State.HALF_OPEN, None)


@pytest.mark.parametrize("failed", [True, False, None])
def test_who_was_sent_before_it_opened_is_no_probe(failed: bool | None) -> None:
    it = opened()
    it.settle("straggler", 104.0, failed=failed)
    assert state(it) is State.OPEN
    it.enter("probe")
    it.settle("straggler", 105.0, failed=failed)
    assert state(it) is State.HALF_OPEN
    assert it.refusal(105.0) is not None


def test_cancelled_attempts_prove_nothing() -> None:
    it = breaker()
    for number in range(100):
        it.settle(str(number), 100.0, failed=None)
    count(it, 100.0, failed=19)
    assert state(it) is State.CLOSED


def test_a_time_that_the_server_named_outlasts_its_own() -> None:
    it = breaker()
    it.told(130.0)
    assert it.held_until(101.0) == 130.0
    assert it.refusal(129.0) is not None
    it.enter("probe")
    it.told(160.0)
    it.settle("probe", 131.0, failed=True)
    assert it.refusal(159.0) is not None
    assert it.refusal(160.0) is None


def test_only_troubles_of_the_place_count_against_it() -> None:
    assert {Kind.CONNECT_FAILED, Kind.TIMEOUT, Kind.UNAVAILABLE, Kind.SERVER_ERROR} <= UNWELL
    assert not UNWELL & {
        Kind.RATE_LIMITED, Kind.INVALID_REQUEST, Kind.CREDENTIAL_EXPIRED, Kind.NOT_FOUND,
        Kind.DRIFTED, Kind.IN_PROGRESS,
    }  # fmt: skip


@given(st.lists(st.tuples(st.floats(0, 3), st.booleans()), max_size=60))
def test_the_window_counts_all_that_is_young_and_nothing_that_is_old(
    steps: list[tuple[float, bool]],
) -> None:
    window, now, past = Window(10.0), 0.0, []
    for passed, failed in steps:
        now += passed
        past.append((now, failed))
        window.add(now, failed=failed)
        attempts, failures = window.sums(now)
        young = [f for t, f in past if t > now - 9.0]
        not_old = [f for t, f in past if t > now - 10.0 - 1.0]
        assert len(young) <= attempts <= len(not_old)
        assert sum(young) <= failures <= sum(not_old)


def test_its_repr_says_where_it_stands() -> None:
    it = opened()
    assert repr(it) == "<Breaker open, until 105>"
    it.enter("call-7")
    assert repr(it) == "<Breaker half-open, probe call-7>"
