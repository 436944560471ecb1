"""One flight a question: who asks, who follows, and for how long an answer is good."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from battle_healer.planners.flights import SHARED_S, Flights


class Rig:
    def __init__(self) -> None:
        self.now = 0.0
        self.asked = 0
        self.flights: Flights[str] = Flights(lambda: self.now, lambda answer: answer == "good")

    def ask(self, answer: str = "good") -> str:
        self.asked += 1
        return answer


def test_callers_of_one_moment_share_one_flight() -> None:
    rig, arrived, may_land = Rig(), threading.Barrier(2), threading.Event()

    def lead() -> str:
        arrived.wait()
        may_land.wait()
        return rig.ask("bad")

    with ThreadPoolExecutor(6) as pool:
        leader = pool.submit(rig.flights.share, "q", lead, 5.0)
        arrived.wait()
        followers = [pool.submit(rig.flights.share, "q", rig.ask, 5.0) for _ in range(5)]
        may_land.set()
        landed = {one.result() for one in [leader, *followers]}
    assert landed <= {"bad", "good"}
    assert rig.asked <= 2, "a follower that came after a bad landing may ask anew, once"


def test_a_good_answer_is_shared_for_a_while() -> None:
    rig = Rig()
    for _ in range(3):
        assert rig.flights.share("q", rig.ask, 0) == "good"
    assert rig.asked == 1
    rig.now += SHARED_S + 1
    rig.flights.share("q", rig.ask, 0)
    assert rig.asked == 2


def test_a_bad_answer_is_not_kept() -> None:
    rig = Rig()
    rig.flights.share("q", lambda: rig.ask("bad"), 0)
    assert rig.flights.share("q", rig.ask, 0) == "good"


def test_an_error_reaches_the_asker_and_is_not_kept() -> None:
    rig = Rig()

    def fail() -> str:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        rig.flights.share("q", fail, 0)
    assert rig.flights.share("q", rig.ask, 0) == "good"


def test_a_follower_waits_no_longer_than_it_may() -> None:
    rig, begun, may_land = Rig(), threading.Event(), threading.Event()

    def slow() -> str:
        begun.set()
        may_land.wait()
        return "good"

    with ThreadPoolExecutor(1) as pool:
        leader = pool.submit(rig.flights.share, "q", slow, 5.0)
        begun.wait()
        with pytest.raises(TimeoutError):
            rig.flights.share("q", rig.ask, 0.01)
        may_land.set()
        assert leader.result() == "good"
    assert rig.asked == 0


def test_only_so_many_questions_are_remembered() -> None:
    rig = Rig()
    for number in range(2000):
        rig.flights.share(str(number), rig.ask, 0)
    rig.flights.share("0", rig.ask, 0)
    assert rig.asked == 2001
