"""The breaker of a planner, on a clock that a test moves."""

from battle_healer.planners.breaker import FAILURES, OPEN_S, Breaker
from battle_healer.planners.miss import MISSES, Miss

DOWN = Miss("down", "the service fails (503)")


class Rig:
    def __init__(self) -> None:
        self.now = 100.0
        self.told: list[str] = []
        self.breaker = Breaker(lambda: self.now, self.told.append)

    def fail(self, times: int = FAILURES) -> None:
        for _ in range(times):
            self.breaker.saw(DOWN)


def test_it_stays_closed_until_failures_come_in_a_row() -> None:
    rig = Rig()
    rig.fail(FAILURES - 1)
    rig.breaker.saw(None)
    rig.fail(FAILURES - 1)
    assert rig.breaker.blocks() is None
    rig.fail(1)
    blocked = rig.breaker.blocks()
    assert blocked is not None
    assert blocked.kind == "off"
    assert len(rig.told) == 1


def test_after_its_time_one_probe_goes_and_the_others_wait_for_it() -> None:
    rig = Rig()
    rig.fail()
    rig.now += OPEN_S + 0.1
    assert rig.breaker.blocks() is None
    assert rig.breaker.blocks() is not None
    rig.breaker.saw(None)
    assert rig.breaker.blocks() is None
    assert rig.breaker.state == "closed"


def test_a_probe_that_fails_opens_it_again() -> None:
    rig = Rig()
    rig.fail()
    rig.now += OPEN_S + 0.1
    assert rig.breaker.blocks() is None
    rig.fail(1)
    rig.now += OPEN_S - 0.1
    assert rig.breaker.blocks() is not None


def test_a_throttle_opens_it_for_the_time_named_within_bounds() -> None:
    for wait_s, open_s in ((17.0, 17.0), (0.0, 1.0), (1e9, 86_400.0)):
        rig = Rig()
        rig.breaker.saw(Miss("limited", "fewer questions", wait_s))
        rig.now += open_s - 0.1
        assert rig.breaker.blocks() is not None
        rig.now += 0.2
        assert rig.breaker.blocks() is None


def test_an_answer_to_a_question_under_way_does_not_shorten_the_time_named() -> None:
    """I3: it was sent before the service said that it wants no more."""
    rig = Rig()
    rig.breaker.saw(Miss("limited", "fewer questions", 17.0))
    rig.breaker.saw(None)
    rig.now += 16.9
    assert rig.breaker.blocks() is not None
    rig.now += 0.2
    assert rig.breaker.blocks() is None


def test_an_outage_that_names_a_time_opens_it_at_once_for_that_time() -> None:
    rig = Rig()
    rig.breaker.saw(Miss("down", "the service fails (503)", 40.0))
    rig.now += 39.9
    assert rig.breaker.blocks() is not None
    rig.now += 0.2
    assert rig.breaker.blocks() is None


def test_settings_that_cannot_work_stop_it_for_good() -> None:
    rig = Rig()
    rig.breaker.saw(Miss("misconfigured", "no API key"))
    rig.now += 1e9
    assert rig.breaker.blocks() == Miss("misconfigured", "no API key")
    assert rig.told == ["no API key"]


def test_what_is_no_failure_of_the_service_does_not_count() -> None:
    harmless = [row.kind for row in MISSES if not (row.fails or row.stops or row.kind == "limited")]
    assert {"unsure", "refused", "spent"} <= set(harmless)
    for kind in harmless:
        rig = Rig()
        for _ in range(10):
            rig.breaker.saw(Miss(kind, "as it is"))
        assert rig.breaker.blocks() is None
