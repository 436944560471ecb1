"""Who gets what, when, and how much of it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from battle_healer_replay.operations.claim import Wish
from battle_healer_replay.operations.pauses import SCOPES, Pause, Resume
from battle_healer_replay.operations.shares import shares
from battle_healer_replay.queue import Queue

if TYPE_CHECKING:
    from tests.replay.conftest import Rig


def destinations(rig: Rig, limit: int, **more: Any) -> Counter[str]:
    return Counter(claim.entry.destination for claim in rig.claim(limit=limit, **more))


def test_what_is_claimed_is_claimed_once(rig: Rig) -> None:
    kept = {rig.keep() for _ in range(10)}
    other = Queue(rig.open())
    first = {claim.entry.id for claim in rig.claim("w1", 6)}
    second = {claim.entry.id for claim in other.claim(Wish("w2", 30.0, 6)).claims}
    other.close()
    assert first | second == kept
    assert (len(first), len(second)) == (6, 4)


def test_a_claim_carries_everything_that_is_sent(rig: Rig) -> None:
    draft = rig.draft()
    rig.queue.enqueue(draft)
    (claim,) = rig.claim("w7")
    assert claim.payload == draft.payload
    assert (claim.entry.fence, claim.entry.worker) == (1, "w7")


def test_what_is_due_first_is_claimed_first(rig: Rig) -> None:
    late, early = rig.keep(due_in_s=20.0), rig.keep(due_in_s=10.0)
    rig.clock.advance(30)
    assert [claim.entry.id for claim in rig.claim(limit=1)] == [early]
    assert [claim.entry.id for claim in rig.claim(limit=1)] == [late]


def test_the_classes_share_four_to_two_to_one_and_pass_on_what_they_leave() -> None:
    assert shares(0, 70) == {"high": 40, "normal": 20, "low": 10}
    singly: Counter[str] = Counter()
    for turn in range(70):
        singly.update({name: n for name, n in shares(turn, 1).items() if n})
    assert singly == {"high": 40, "normal": 20, "low": 10}


def test_a_low_class_is_neither_starved_nor_in_the_way(rig: Rig) -> None:
    for _ in range(20):
        rig.keep(priority="low")
    assert len(rig.claim(limit=7)) == 7, "unused shares pass on"
    for _ in range(20):
        rig.keep(priority="high")
        rig.keep(priority="normal")
    got = Counter(claim.entry.priority for claim in rig.claim(limit=14))
    assert got == {"high": 8, "normal": 4, "low": 2}


def test_lanes_share_a_claim_evenly_and_a_crowded_one_starves_nobody(rig: Rig) -> None:
    for _ in range(30):
        rig.keep(destination="crowded")
    for _ in range(3):
        rig.keep(destination="quiet")
    got = destinations(rig, 8)
    assert got == {"crowded": 5, "quiet": 3}


def test_no_more_is_claimed_than_a_destination_has_room_for(rig: Rig) -> None:
    for _ in range(5):
        rig.keep(destination="a")
        rig.keep(destination="b")
    assert destinations(rig, 10, room={"a": 2, "b": 0}) == {"a": 2}
    assert destinations(rig, 10, room={"a": 0}, other=1) == {"b": 1}


def test_a_pause_by_queue_tenant_or_destination_holds_just_that(rig: Rig) -> None:
    for scope in SCOPES:
        held = rig.keep(**{scope: f"held-{scope}"})
        free = rig.keep()
        rig.queue.pause(Pause(scope, f"held-{scope}", "ada", "maintenance"))
        assert [claim.entry.id for claim in rig.claim()] == [free]
        assert rig.queue.resume(Resume(scope, f"held-{scope}", "ada", "done"))
        assert [claim.entry.id for claim in rig.claim()] == [held]


def test_a_pause_may_end_by_itself_and_stands_in_the_figures_until_then(rig: Rig) -> None:
    name = rig.keep()
    rig.queue.pause(Pause("destination", "pay", "ada", "maintenance", for_s=60.0))
    assert [(p.name, p.who, p.why) for p in rig.queue.stats().paused] == [
        ("pay", "ada", "maintenance")
    ]
    assert rig.claim() == ()
    rig.clock.advance(60)
    assert [claim.entry.id for claim in rig.claim()] == [name]
    assert rig.queue.stats().paused == ()


def test_a_pause_outlives_the_process(rig: Rig) -> None:
    rig.keep()
    rig.queue.pause(Pause("queue", "default", "ada", "maintenance"))
    rig.queue.close()
    rig.queue = Queue(rig.open())
    assert rig.claim() == ()


def test_i3_a_destination_held_back_gets_nothing_before_its_time(rig: Rig) -> None:
    name = rig.keep()
    rig.queue.hold_back("pay", 30.0)
    rig.queue.hold_back("pay", 10.0)  # a shorter one does not lift it
    rig.clock.advance(29)
    assert rig.claim() == ()
    rig.clock.advance(1)
    assert [claim.entry.id for claim in rig.claim()] == [name]


def test_a_worker_learns_when_to_look_again(rig: Rig) -> None:
    rig.keep(due_in_s=40.0)
    rig.keep(due_in_s=15.0)
    assert rig.queue.claim(Wish("w", 30.0, 5)).next_due_s == 15.0
    rig.queue.hold_back("pay", 25.0)
    assert rig.queue.claim(Wish("w", 30.0, 5)).next_due_s == 25.0


def test_an_expired_entry_is_not_claimed_but_ended(rig: Rig) -> None:
    name = rig.keep(expires_in_s=10.0)
    rig.clock.advance(10)
    assert rig.claim() == ()
    assert rig.state(name) == ("dead", "expired")
