"""When people hear of a queue: at the edge, once for all workers, and not again while it wavers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from battle_healer.rules import QueueRule
from battle_healer_replay.queue import Queue

if TYPE_CHECKING:
    from tests.replay.conftest import Rig

RULE = QueueRule(tell_queued=5, tell_oldest_s=600.0, tell_dead=1)


def told(rig: Rig, rule: QueueRule = RULE) -> list[str]:
    return [alarm.kind for alarm in rig.queue.alarms(lambda queue: rule)]


def kept(rig: Rig, n: int) -> list[str]:
    return [rig.keep() for _ in range(n)]


def cancel(rig: Rig, names: list[str]) -> None:
    for name in names:
        rig.queue.cancel(name, who="ada", why="asked")


def bury(rig: Rig, n: int) -> list[str]:
    names = [rig.claimed(max_failures=1) for _ in range(n)]
    for claim in names:
        rig.record("fail", claim)
    return [claim.entry.id for claim in names]


def test_an_overflow_is_told_once_whoever_looks(rig: Rig) -> None:
    kept(rig, 5)
    assert told(rig) == []
    kept(rig, 3)
    (alarm,) = rig.queue.alarms(lambda queue: RULE)
    assert (alarm.kind, alarm.queue, alarm.queued) == ("overflow", "default", 6), "counting ends"
    other = Queue(rig.open())
    assert (told(rig), other.alarms(lambda queue: RULE)) == ([], [])
    other.close()


def test_a_figure_that_wavers_at_its_threshold_is_told_once(rig: Rig) -> None:
    names = kept(rig, 6)
    assert told(rig) == ["overflow"]
    cancel(rig, names[:1])
    rig.clock.advance(301)
    assert told(rig) == [], "five is not calm"
    kept(rig, 1)
    assert told(rig) == []


def test_it_is_told_again_after_it_was_calm_but_not_within_five_minutes(rig: Rig) -> None:
    names = kept(rig, 6)
    assert told(rig) == ["overflow"]
    cancel(rig, names[:2])
    assert told(rig) == []
    kept(rig, 2)
    rig.clock.advance(299)
    assert told(rig) == []
    rig.clock.advance(2)
    assert told(rig) == ["overflow"]


def test_what_waits_for_too_long_is_an_overflow(rig: Rig) -> None:
    (name,) = kept(rig, 1)
    rig.clock.advance(600)
    assert told(rig) == []
    rig.clock.advance(1)
    (alarm,) = rig.queue.alarms(lambda queue: RULE)
    assert (alarm.entry.id, alarm.oldest_s) == (name, 601.0)


def test_too_many_dead_are_told_for_their_queue_only(rig: Rig) -> None:
    bury(rig, 1)
    assert told(rig) == []
    bury(rig, 1)
    rig.keep(queue="other")
    (alarm,) = rig.queue.alarms(lambda queue: RULE)
    assert (alarm.kind, alarm.queue, alarm.dead) == ("dead", "default", 2)


def test_a_threshold_of_none_is_passed_by_the_first_dead(rig: Rig) -> None:
    bury(rig, 1)
    assert told(rig, QueueRule(tell_dead=0)) == ["dead"]
