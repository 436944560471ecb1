"""What a worker makes of the API's answers, judged by what the API saw and the database holds."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event
from typing import TYPE_CHECKING, Any

import pytest
from tests.replay.worker.conftest import rules_for
from tests.support.serving import Api, Said

from battle_healer.errors import UsageError
from battle_healer.rules import Rules
from battle_healer_replay.entry import Draft
from battle_healer_replay.operations.claim import Batch
from battle_healer_replay.operations.pauses import Pause
from battle_healer_replay.worker import Options, Worker
from battle_healer_replay.worker.pace import Limit

if TYPE_CHECKING:
    from tests.replay.conftest import Rig

Work = Callable[..., list[tuple[str, dict[str, Any]]]]
Charge = Callable[..., Draft]
DOWN = Said(503, {"processed": False}, {"Retry-After": "60"})


def test_an_entry_is_delivered_as_the_same_call(rig: Rig, work: Work, charge: Charge) -> None:
    with Api([Said(201, {"id": "c1"})]) as api:
        receipt = rig.queue.enqueue(charge(rig, api.url, call_id="call-7", correlation_id="corr-7"))
        told = work(rig, rules_for(api.url))
        (seen,) = api.seen
    assert (seen.method, seen.path, seen.json) == ("POST", "/charges", {"amount": 15})
    assert seen.headers["idempotency-key"] == "k1"
    assert (seen.headers["healer-call"], seen.headers["x-correlation-id"]) == ("call-7", "corr-7")
    assert rig.state(receipt.id) == ("succeeded", None)
    ((name, data),) = told
    assert (name, data["correlation_id"], data["provider"]) == (
        "QUEUE_REPLAY_SUCCESS", "corr-7", "pay",
    )  # fmt: skip
    (attempt,) = rig.queue.story(receipt.id).attempts
    assert (attempt.result, attempt.status, attempt.worker, attempt.region) == (
        "ok", 201, "w1", "us",
    )  # fmt: skip


def test_i3_a_servers_wait_sets_the_due_time_and_costs_no_failure(
    rig: Rig, work: Work, charge: Charge
) -> None:
    with Api([DOWN, Said(200, {"id": "c1"})]) as api:
        name = rig.queue.enqueue(charge(rig, api.url)).id
        told = work(rig, rules_for(api.url))
        entry = rig.queue.story(name).entry
        assert (entry.state, entry.failures) == ("queued", 0)
        assert [event for event, _ in told] == ["QUEUE_RETRY_SCHEDULED"]
        rig.clock.advance(59)
        work(rig, rules_for(api.url))
        assert len(api.seen) == 1
        rig.clock.advance(2)
        work(rig, rules_for(api.url))
        assert len(api.seen) == 2
    assert rig.state(name) == ("succeeded", None)


def test_an_error_without_a_time_is_tried_again_with_backoff_until_it_may_not(
    rig: Rig, work: Work, charge: Charge
) -> None:
    with Api(lambda seen: Said(500, {})) as api:
        name = rig.queue.enqueue(charge(rig, api.url, max_failures=2)).id
        work(rig, rules_for(api.url))
        entry = rig.queue.story(name).entry
        assert (entry.state, entry.failures) == ("queued", 1)
        assert entry.due_ms - rig.queue.now_ms() == 1_000, "half of the first ceiling of 2 s"
        rig.clock.advance(1)
        told = work(rig, rules_for(api.url))
    assert rig.state(name) == ("dead", "failures")
    assert [event for event, _ in told] == ["QUEUE_REPLAY_DEAD"]
    assert [a.result for a in rig.queue.story(name).attempts] == ["error", "error"]


def test_a_refusal_is_dead_and_is_not_sent_again(rig: Rig, work: Work, charge: Charge) -> None:
    with Api([Said(400, {"detail": "no"})]) as api:
        name = rig.queue.enqueue(charge(rig, api.url)).id
        work(rig, rules_for(api.url))
        assert len(api.seen) == 1
    assert rig.state(name) == ("dead", "refused")


def test_i1_a_write_without_an_honoured_key_is_never_sent_twice_in_doubt(
    rig: Rig, work: Work, charge: Charge
) -> None:
    with Api([None]) as api:
        name = rig.queue.enqueue(charge(rig, api.url, key=None)).id
        work(rig, rules_for(api.url))
        rig.clock.advance(3600)
        work(rig, rules_for(api.url))
        assert len(api.seen) == 1
    assert rig.state(name) == ("dead", "ambiguous")
    assert rig.queue.story(name).entry.needs_decision


def test_i6_an_answer_against_its_contract_is_not_completed(
    rig: Rig, work: Work, charge: Charge
) -> None:
    schema = {"type": "object", "required": ["id"]}
    with Api([Said(200, {"no": "id"})]) as api:
        name = rig.queue.enqueue(charge(rig, api.url)).id
        work(rig, rules_for(api.url, response_schema=schema))
        assert len(api.seen) == 1
    assert rig.state(name) == ("dead", "unverified")


def test_i6_a_substitute_is_not_completed(rig: Rig, work: Work, charge: Charge) -> None:
    mocked = Said(200, {"mock": True, "degradation": "mocked"}, {"X-Degradation": "mocked"})
    with Api(lambda seen: mocked) as api:
        name = rig.queue.enqueue(charge(rig, api.url)).id
        work(rig, rules_for(api.url))
    assert rig.state(name)[0] in {"queued", "dead"}


def test_i2_nothing_is_sent_to_what_the_policy_does_not_declare(
    rig: Rig, work: Work, charge: Charge
) -> None:
    with Api([]) as api:
        name = rig.queue.enqueue(charge(rig, api.url)).id
        for rules in (Rules(), rules_for("https://pay.example")):
            work(rig, rules)
            rig.clock.advance(600)
        assert api.seen == []
    story = rig.queue.story(name)
    assert (story.entry.state, story.entry.failures) == ("queued", 2)
    assert "not declared" in story.attempts[-1].detail


def test_a_poison_entry_does_not_block_its_destination(
    rig: Rig, work: Work, charge: Charge
) -> None:
    def answer(seen: Any) -> Said:
        return Said(500, {}) if seen.headers["idempotency-key"] == "poison" else Said(200, {})

    with Api(answer) as api:
        poison = rig.queue.enqueue(charge(rig, api.url, key="poison")).id
        names = [rig.queue.enqueue(charge(rig, api.url, key=f"k{i}")).id for i in range(5)]
        work(rig, rules_for(api.url), at_once=1)
    assert rig.state(poison) == ("queued", None)
    assert {rig.state(name) for name in names} == {("succeeded", None)}


def test_a_destination_that_is_down_is_probed_by_one_entry(
    rig: Rig, work: Work, charge: Charge
) -> None:
    with Api(lambda seen: DOWN) as api:
        for i in range(20):
            rig.queue.enqueue(charge(rig, api.url, key=f"k{i}"))
        work(rig, rules_for(api.url), at_once=1)
        assert len(api.seen) == 1
        rig.clock.advance(61)
        work(rig, rules_for(api.url), at_once=1)
        assert len(api.seen) == 2


def test_a_pause_holds_a_running_worker_and_nothing_is_lost(
    rig: Rig, work: Work, charge: Charge
) -> None:
    with Api(lambda seen: Said(200, {})) as api:
        name = rig.queue.enqueue(charge(rig, api.url)).id
        rig.queue.pause(Pause("destination", "pay", "ada", "maintenance"))
        work(rig, rules_for(api.url))
        assert api.seen == []
    assert rig.state(name) == ("queued", None)


def test_a_worker_takes_back_at_once_what_its_name_held(
    rig: Rig, work: Work, charge: Charge
) -> None:
    with Api(lambda seen: Said(200, {})) as api:
        mine = rig.queue.enqueue(charge(rig, api.url, key="a")).id
        rig.claim("w1", 1)
        others = rig.queue.enqueue(charge(rig, api.url, key="b")).id
        rig.claim("w2", 1)
        work(rig, rules_for(api.url), name="w1")
        assert rig.state(mine) == ("succeeded", None)
        assert rig.state(others) == ("running", None), "another's lease still holds"
        rig.clock.advance(30)
        work(rig, rules_for(api.url), name="w1")
    assert rig.state(others) == ("succeeded", None)
    assert [a.result for a in rig.queue.story(others).attempts] == ["lost", "ok"]


def test_two_workers_never_have_one_name(rig: Rig) -> None:
    free = rig.queue.hold_name("w1")
    assert free is not None
    worker = Worker(rig.queue, lambda payload: Rules(), options=Options(name="w1"))
    with pytest.raises(UsageError, match="another worker"):
        worker.run(until_empty=True)
    free()
    again = rig.queue.hold_name("w1")
    assert again is not None
    again()


def test_no_more_are_in_hand_than_a_destination_may_have(
    rig: Rig, work: Work, charge: Charge
) -> None:
    together: list[int] = []
    with Api(lambda seen: Said(200, {})) as api:
        for i in range(12):
            rig.queue.enqueue(charge(rig, api.url, key=f"k{i}"))
        work(rig, rules_for(api.url), limits={"pay": Limit(at_once=1)})
        together = sorted({seen.connection for seen in api.seen})
        assert len(api.seen) == 12
    assert together == [1], "one after the other, on one connection"


def test_what_found_no_room_is_not_taken_for_nothing(
    rig: Rig, work: Work, charge: Charge, monkeypatch: pytest.MonkeyPatch
) -> None:
    claimed = Worker._batch

    def late(worker: Worker) -> Batch:
        batch = claimed(worker)
        # The hand that took the room is free again before anyone looks.
        while not batch.claims and not worker._is_idle():
            Event().wait(0.001)
        return batch

    monkeypatch.setattr(Worker, "_batch", late)
    with Api(lambda seen: Said(200, {})) as api:
        for i in range(4):
            rig.queue.enqueue(charge(rig, api.url, key=f"k{i}"))
        work(rig, rules_for(api.url), limits={"pay": Limit(at_once=1)})
        assert len(api.seen) == 4


def test_a_cancelled_entry_is_not_sent(rig: Rig, work: Work, charge: Charge) -> None:
    with Api([]) as api:
        name = rig.queue.enqueue(charge(rig, api.url)).id
        rig.queue.cancel(name, who="ada", why="not wanted")
        work(rig, rules_for(api.url))
        assert api.seen == []
    assert rig.state(name) == ("cancelled", None)
