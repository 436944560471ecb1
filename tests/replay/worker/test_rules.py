"""What the policy says of a queue, seen in what the API got, when, and what is kept."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
from tests.replay.worker.conftest import rules_for
from tests.support.serving import Api, Said, Seen

from battle_healer import CallQueued, HealingClient
from battle_healer.rules import QueueRule, Rules
from battle_healer_replay.entry import Draft, State
from battle_healer_replay.errors import RefusedError, UnknownEntryError
from battle_healer_replay.operations.claim import Wish
from battle_healer_replay.worker import Options
from battle_healer_replay.worker.pace import Limit, Pace

if TYPE_CHECKING:
    from tests.replay.conftest import Rig

Work = Callable[..., list[tuple[str, dict[str, Any]]]]
Charge = Callable[..., Draft]


def queues(**rows: Any) -> dict[str, QueueRule]:
    return {"slow": QueueRule(**rows)}


def test_an_entry_backs_off_as_its_queue_says(rig: Rig, work: Work, charge: Charge) -> None:
    with Api(lambda seen: Said(500, {})) as api:
        slow = rig.queue.enqueue(charge(rig, api.url, key="a", queue="slow")).id
        other = rig.queue.enqueue(charge(rig, api.url, key="b")).id
        rules = queues(backoff_base_s=40.0, backoff_cap_s=50.0)
        work(rig, rules_for(api.url), queues=rules)
        wait_s = {e.id: (e.due_ms - rig.queue.now_ms()) / 1000 for e in rig.queue.entries()}
        assert wait_s == {slow: 20.0, other: 1.0}, "half of the first ceilings"
        rig.clock.advance(20)
        work(rig, rules_for(api.url), queues=rules)
    assert rig.queue.story(slow).attempts[-1].wait_s == 25.0, "half of the cap"


def test_a_lease_is_as_long_as_its_queue_says(rig: Rig) -> None:
    slow, other = rig.keep(queue="slow"), rig.keep()
    leases = Options(queues=queues(lease_s=90.0)).leases()
    rig.queue.claim(Wish("w1", 30.0, 10, leases=leases))
    rig.clock.advance(31)
    assert [change.entry.id for change in rig.queue.reap()] == [other]
    rig.clock.advance(60)
    assert slow in [change.entry.id for change in rig.queue.reap()]


def test_a_delivery_may_take_half_of_its_queues_lease(rig: Rig, work: Work, charge: Charge) -> None:
    over = threading.Event()

    def late(seen: Seen) -> Said:
        over.wait(10)
        return Said(200, {})

    with Api(late) as api:
        name = rig.queue.enqueue(charge(rig, api.url, queue="slow")).id
        work(rig, rules_for(api.url), queues=queues(lease_s=1.0))
        over.set()
    (attempt,) = rig.queue.story(name).attempts
    assert attempt.result == "error"


def test_a_queue_gets_no_more_at_a_time_than_its_rule_says(
    rig: Rig, work: Work, charge: Charge
) -> None:
    with Api(lambda seen: Said(200, {})) as api:
        for i in range(12):
            rig.queue.enqueue(charge(rig, api.url, key=f"k{i}", queue="slow"))
        work(rig, rules_for(api.url), queues=queues(concurrency=1))
        connections = {seen.connection for seen in api.seen}
        assert len(api.seen) == 12
    assert connections == {1}, "one after the other, on one connection"


def test_a_queue_that_is_full_leaves_room_for_the_others_at_its_destination(rig: Rig) -> None:
    for _ in range(5):
        rig.keep(queue="slow")
        rig.keep(queue="fast")
    options = Options(queues=queues(concurrency=2))
    pace = Pace(lambda: 0.0, options.limit_at, options.limit_in)
    claims = rig.claim(limit=20, other=pace.other(), room_in=pace.room_in)
    in_queue = [claim.entry.queue for claim in claims]
    assert (in_queue.count("slow"), in_queue.count("fast")) == (2, 5)


def test_a_rate_holds_back_what_is_above_it_until_its_time() -> None:
    now = [0.0]
    options = Options(queues=queues(rate_per_s=0.5))
    pace = Pace(lambda: now[0], options.limit_at, options.limit_in)
    assert pace.room_in("slow", "pay") == 1
    pace.begin("slow", "pay")
    pace.end("slow", "pay", is_well=True)
    assert (pace.room_in("slow", "pay"), pace.room_in("fast", "pay")) == (0, 16)
    assert pace.refill_s() == 2.0
    now[0] = 2.0
    assert pace.room_in("slow", "pay") == 1


def test_all_that_was_in_hand_tells_of_one_trouble_of_its_destination() -> None:
    now = [0.0]
    options = Options()
    pace = Pace(lambda: now[0], options.limit_at, options.limit_in)
    for _ in range(16):
        pace.begin("default", "pay")
    now[0] = 1.0
    assert [pace.end("default", "pay", is_well=False) for _ in range(16)] == [0.5] * 16
    now[0] = 1.5
    pace.begin("default", "pay")
    assert pace.end("default", "pay", is_well=False) == 1.0, "the probe that failed counts"


def test_what_is_set_for_a_worker_holds_for_every_queue() -> None:
    options = Options(
        lease_s=60.0, limit=Limit(3), kept_s={State.DEAD: 5.0},
        queues=queues(lease_s=90.0, concurrency=1, keep_dead_s=7.0),
    )  # fmt: skip
    assert (options.rule("slow").lease_s, options.shortest_lease_s()) == (60.0, 60.0)
    assert options.limit_in("slow", "pay") == Limit(3)
    assert options.keeps_s("slow") == {State.DEAD: 5.0}


def test_ended_entries_are_kept_as_long_as_their_queue_says(
    rig: Rig, work: Work, charge: Charge
) -> None:
    with Api(lambda seen: Said(200, {})) as api:
        slow = rig.queue.enqueue(charge(rig, api.url, key="a", queue="slow")).id
        other = rig.queue.enqueue(charge(rig, api.url, key="b")).id
        work(rig, rules_for(api.url))
        rig.clock.advance(2 * 3600)
        work(rig, rules_for(api.url), queues=queues(keep_succeeded_s=3600.0))
        with pytest.raises(UnknownEntryError):
            rig.queue.story(slow)
        assert rig.state(other) == ("succeeded", None)
        rig.clock.advance(24 * 3600)
        work(rig, rules_for(api.url))
    assert list(rig.queue.entries()) == []


def test_a_body_over_the_limit_of_its_queue_is_not_kept(rig: Rig) -> None:
    with pytest.raises(RefusedError, match="a body of 2 bytes, 1 may be kept") as told:
        rig.keep(body_bytes=1)
    assert "`body_bytes`" in told.value.fix
    assert list(rig.queue.entries()) == []


def test_a_call_is_parked_under_the_rule_of_its_queue(rig: Rig) -> None:
    with Api(lambda seen: Said(503, {"processed": False}, {"Retry-After": "60"})) as api:
        rules = rules_for(api.url, queue="slow")
        rules = Rules(rules.destinations, queues=queues(max_failures=3, body_bytes=20))
        with HealingClient(policy=rules, queue=rig.queue, trust_env=False) as client:
            with pytest.raises(CallQueued) as parked:
                client.post(f"{api.url}/charges", json={}, headers={"Idempotency-Key": "k1"})
            with pytest.raises(httpx2.ConnectError, match="no queue: tried"):
                client.post(
                    f"{api.url}/charges", json={"x": "y" * 50}, headers={"Idempotency-Key": "k2"}
                )
    (entry,) = rig.queue.entries()
    assert (entry.id, entry.queue, entry.max_failures) == (parked.value.id, "slow", 3)
