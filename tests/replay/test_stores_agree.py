"""SQLite and PostgreSQL side by side: the same doings lead to the same entries on both.

After each step every story is the same on both, to the millisecond, and each entry is what a
model of its own says.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from tests.replay.expected import LEASE_MS, Expected, Known
from tests.support.sizes import STORE_EXAMPLES

from battle_healer_replay.entry import Draft, Entry, Payload, Reason, State
from battle_healer_replay.errors import ForbiddenError, KeyReusedError
from battle_healer_replay.operations.claim import Batch, Wish
from battle_healer_replay.operations.look import Story
from battle_healer_replay.operations.pauses import Pause, Resume
from battle_healer_replay.queue import Queue
from battle_healer_replay.transitions import Event, Refusal

if TYPE_CHECKING:
    from tests.replay.conftest import Rig

BODY: Final = Payload("POST", "https://pay.example/charges", body=b"1")
TABLES: Final = ("entries", "payloads", "attempts", "actions", "lanes", "pauses", "alarms")
RECORDS: Final = ("begin", "extend", "succeed", "fail", "postpone", "release", "bury")
QUEUES, WORKERS, KEYS = st.sampled_from("ab"), st.sampled_from(["w1", "w2"]), st.sampled_from("xyz")
WAITS_MS: Final = st.sampled_from([0, 3_000, 25_000])
WHO: Final[dict[str, Any]] = {"who": "ann", "why": "because"}


class Stores(RuleBasedStateMachine):
    """One queue on each database, and what they should hold."""

    def __init__(self, rigs: tuple[Rig, Rig]) -> None:
        super().__init__()
        self.rigs, self.model = rigs, Expected()
        self.drafts: list[Draft] = []
        for rig in rigs:
            engine = rig.queue._engine
            with engine.transaction() as session:
                for table in TABLES:
                    session.rows(f"delete from queue_{table}")  # noqa: S608 -- ours

    @property
    def now(self) -> int:
        now: int = self.rigs[0].clock.now_ms
        return now

    def both(self, do: Callable[[Queue], Any]) -> Any:
        """Do it on both; what comes of it is the same, errors too."""
        first, second = (_outcome(rig.queue, do) for rig in self.rigs)
        assert first == second
        return first

    def one_of(self, data: st.DataObject) -> tuple[str, Known]:
        name = data.draw(st.sampled_from(sorted(self.model.entries)))
        return name, self.model.entries[name]

    def story(self, name: str) -> Story:
        story: Story = self.both(lambda it: it.story(name))
        return story

    @initialize(safe=st.booleans(), most=st.integers(1, 3), expires_s=st.sampled_from([None, 20.0]))
    def some_are_in_hand(self, *, safe: bool, most: int, expires_s: float | None) -> None:
        """Work from the first step on: a random walk alone comes to little of it."""
        for queue in "aab":
            self.keep(queue=queue, safe=safe, most=most, due_s=0.0, expires_s=expires_s)
        self.claim("w1", 2)

    @rule(
        queue=QUEUES, safe=st.booleans(), most=st.integers(1, 3),
        due_s=st.sampled_from([0.0, 5.0]), expires_s=st.sampled_from([None, 20.0]),
    )  # fmt: skip
    def keep(
        self, *, queue: str, safe: bool, most: int, due_s: float, expires_s: float | None
    ) -> None:
        number = len(self.drafts)
        draft = Draft(
            f"call-{number:04}", f"corr-{number}", "pay", replace(BODY, body=b"%d" % number),
            safe=safe, key=f"key-{number}", queue=queue, max_failures=most, due_in_s=due_s,
            expires_in_s=expires_s,
        )  # fmt: skip
        receipt = self.both(lambda it: it.enqueue(draft))
        assert receipt.is_new
        expires = None if expires_s is None else self.now + round(expires_s * 1000)
        due = self.now + round(due_s * 1000)
        self.model.entries[receipt.id] = Known(safe, most, queue, due, expires)
        self.drafts.append(draft)

    @precondition(lambda self: self.model.entries)
    @rule(data=st.data(), same_body=st.booleans())
    def keep_again(self, data: st.DataObject, *, same_body: bool) -> None:
        draft = data.draw(st.sampled_from(self.drafts))
        known = self.model.entries.get(draft.entry_id)
        if known is None:
            return  # it was forgotten, and would be new
        if not same_body:
            draft = replace(draft, call_id="call-other", payload=replace(BODY, body=b"other"))
        answer = self.both(lambda it: it.enqueue(draft))
        if same_body:
            assert (answer.is_new, str(answer.state)) == (False, known.state)
        else:
            assert answer[0] is KeyReusedError

    @precondition(lambda self: self.model.entries)
    @rule(worker=WORKERS, limit=st.integers(1, 4))
    def claim(self, worker: str, limit: int) -> None:
        may = self.model.claimable(self.now)
        batch: Batch = self.both(lambda it: it.claim(Wish(worker, LEASE_MS / 1000, limit)))
        got = [claim.entry.id for claim in batch.claims]
        assert set(got) <= may
        assert len(set(got)) == len(got)
        late = [known for known in self.model.entries.values() if known.is_expired(self.now)]
        if not late:
            assert len(got) == min(limit, len(may))
        for name in got:
            self.model.entries[name].claim(worker, self.now)
        self._expired_on_the_way()

    def _expired_on_the_way(self) -> None:
        """A claim buries what it meets that has expired, as many as there are in its way."""
        for name, known in self.model.entries.items():
            if known.is_expired(self.now) and self.story(name).entry.state is State.DEAD:
                known.end("dead", self.now, "expired")

    @precondition(lambda self: self.model.entries)
    @rule(data=st.data(), name=st.sampled_from(RECORDS), off=st.sampled_from([0, 0, 0, -1, 1]),
          wait=WAITS_MS)  # fmt: skip
    def record(self, data: st.DataObject, name: str, off: int, wait: int) -> None:
        running = sorted(n for n, known in self.model.entries.items() if known.state == "running")
        entry_id = data.draw(st.sampled_from(running or sorted(self.model.entries)))
        known = self.model.entries[entry_id]
        event = Event(
            name, entry_id, fence=known.fence + off, lease_s=LEASE_MS / 1000, detail="said",
            wait_s=0.0 if name == "release" else wait / 1000, reason=Reason.AMBIGUOUS,
        )  # fmt: skip
        answer = self.both(lambda it: it.record(event))
        may = known.record(name, event.fence, self.now, round(event.wait_s * 1000))
        assert isinstance(answer, Refusal) != may

    @precondition(lambda self: self.model.entries)
    @rule()
    def reap(self) -> None:
        self.both(lambda it: _by_id(it.reap()))
        for known in self.model.entries.values():
            if known.state == "running" and (known.lease or 0) <= self.now:
                known.lose(self.now)
            elif known.is_expired(self.now):
                known.end("dead", self.now, "expired")

    @precondition(lambda self: self.model.entries)
    @rule(worker=WORKERS)
    def take_back(self, worker: str) -> None:
        self.both(lambda it: _by_id(it.take_back(worker)))
        for known in self.model.entries.values():
            if known.worker == worker:
                known.lose(self.now)

    @precondition(lambda self: self.model.entries)
    @rule(data=st.data(), what=st.sampled_from(["cancel", "redrive", "again", "settle", "edit"]))
    def somebody_decides(self, data: st.DataObject, what: str) -> None:
        dead = sorted(n for n, known in self.model.entries.items() if known.state == "dead")
        name = data.draw(st.sampled_from(dead or sorted(self.model.entries)))
        known = self.model.entries[name]
        doings: dict[str, tuple[Callable[[Queue], Any], Callable[[], bool]]] = {
            "cancel": (lambda it: it.cancel(name, **WHO), lambda: known.cancel(self.now)),
            "redrive": (
                lambda it: it.redrive(name, **WHO),
                lambda: known.redrive(self.now, send_again=False),
            ),
            "again": (
                lambda it: it.redrive(name, send_again=True, **WHO),
                lambda: known.redrive(self.now, send_again=True),
            ),
            "settle": (lambda it: it.settle(name, **WHO), lambda: known.settle(self.now)),
            "edit": (lambda it: it.edit(name, BODY, **WHO), known.edit),
        }
        does, may = doings[what]
        answer = self.both(does)
        is_forbidden = isinstance(answer, tuple) and answer[0] is ForbiddenError
        assert is_forbidden != may()

    @precondition(lambda self: self.model.entries)
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        name, known = self.one_of(data)
        answer = self.both(lambda it: it.cancel(name, **WHO))
        assert (isinstance(answer, tuple)) != known.cancel(self.now)

    @rule(queue=QUEUES)
    def pause(self, queue: str) -> None:
        self.both(lambda it: it.pause(Pause("queue", queue, **WHO)))
        self.model.paused.add(queue)

    @rule(queue=QUEUES)
    def resume(self, queue: str) -> None:
        was_paused = self.both(lambda it: it.resume(Resume("queue", queue, **WHO)))
        assert was_paused == (queue in self.model.paused)
        self.model.paused.discard(queue)

    @precondition(lambda self: self.model.entries)
    @rule(wait=WAITS_MS)
    def hold_back(self, wait: int) -> None:
        self.both(lambda it: it.hold_back("pay", wait / 1000))
        # A queue that never held an entry for it has nothing to hold back.
        for queue in {draft.queue for draft in self.drafts}:
            self.model.held[queue] = max(self.model.held[queue], self.now + wait)

    @rule(seconds=st.sampled_from([1, 5, 11, 30]))
    def time_passes(self, seconds: int) -> None:
        for rig in self.rigs:
            rig.clock.advance(seconds)

    @precondition(lambda self: self.model.entries)
    @rule()
    def forget(self) -> None:
        old = [
            name
            for name, known in self.model.entries.items()
            if known.state == "succeeded" and (known.ended or 0) <= self.now - 20_000
        ]
        assert self.both(lambda it: it.forget(State.SUCCEEDED, 20.0)) == len(old)
        for name in old:
            del self.model.entries[name]

    @invariant()
    def both_hold_what_they_should(self) -> None:
        ids = self.both(lambda it: [entry.id for entry in it.entries()])
        assert ids == sorted(self.model.entries)
        for name in ids:
            story = self.story(name)
            assert _told(story.entry) == _expected(self.model.entries[name]), name
            fences = [attempt.fence for attempt in story.attempts]
            assert fences == list(range(1, len(fences) + 1)), "no attempt is left out"
            assert len(story.payloads) == story.entry.revision
        counts = self.both(lambda it: it.stats().counts)
        states = Counter(known.state for known in self.model.entries.values())
        assert {state: n for state, n in counts.items() if n} == states


def _outcome(queue: Queue, do: Callable[[Queue], Any]) -> Any:
    try:
        return do(queue)
    except (ForbiddenError, KeyReusedError) as error:
        return type(error), error.what


def _by_id(changes: list[Any]) -> list[Any]:
    return sorted(changes, key=lambda change: str(change.entry.id))


def _told(entry: Entry) -> tuple[Any, ...]:
    return (
        str(entry.state), entry.reason and str(entry.reason), entry.fence, entry.failures,
        entry.revision, entry.redrives, entry.cancel_asked, entry.worker, entry.lease_until_ms,
        entry.begun_ms, entry.ended_ms, entry.due_ms, entry.expires_ms,
    )  # fmt: skip


def _expected(known: Known) -> tuple[Any, ...]:
    return (
        known.state, known.reason, known.fence, known.failures, known.revision, known.redrives,
        known.cancel_asked, known.worker, known.lease, known.begun, known.ended, known.due,
        known.expires,
    )  # fmt: skip


@pytest.mark.soak
def test_both_stores_do_the_same_and_what_the_model_says(
    sqlite_rig: Rig, postgres_rig: Rig
) -> None:
    run_state_machine_as_test(
        lambda: Stores((sqlite_rig, postgres_rig)),  # type: ignore[arg-type] # it calls it, no more
        settings=settings(
            max_examples=STORE_EXAMPLES.now,
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
