"""The table itself: each row does what it says, and whatever is no row changes nothing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from battle_healer_replay import transitions
from battle_healer_replay.entry import Entry, Reason, Result, State
from battle_healer_replay.transitions import EVENTS, TRANSITIONS, Change, Event, Refusal, decide

NOW = 1_000_000
IDLE = Entry(
    "entry-1", "default", "q", "pay", "normal", True, "call-1", "corr-1", "k", "d", 3, 0, None
)  # fmt: skip
BY_STATE = {
    State.QUEUED: IDLE,
    State.RUNNING: replace(
        IDLE, state=State.RUNNING, fence=4, worker="w", claimed_ms=NOW - 10, lease_until_ms=NOW + 10
    ),
    State.SUCCEEDED: replace(IDLE, state=State.SUCCEEDED, fence=4, ended_ms=NOW - 5),
    State.DEAD: replace(IDLE, state=State.DEAD, fence=4, reason=Reason.REFUSED, ended_ms=NOW - 5),
    State.CANCELLED: replace(IDLE, state=State.CANCELLED, fence=4, ended_ms=NOW - 5),
}
UNSAFE = replace(BY_STATE[State.RUNNING], safe=False)
BEGUN = replace(UNSAFE, begun_ms=NOW - 2)
AMBIGUOUS = replace(BY_STATE[State.DEAD], reason=Reason.AMBIGUOUS)


def event(name: str, **more: Any) -> Event:
    given: dict[str, Any] = {"fence": 4, "who": "ada", "why": "a test", "reason": Reason.REFUSED}
    return Event(name, "entry-1", **given | more)


def changed(entry: Entry, name: str, **more: Any) -> Change:
    change = decide(entry, event(name, **more), NOW)
    assert isinstance(change, Change), change
    return change


def refused(entry: Entry, name: str, **more: Any) -> Refusal:
    refusal = decide(entry, event(name, **more), NOW)
    assert isinstance(refusal, Refusal), refusal
    return refusal


ALLOWED = {(row.event, state) for row in TRANSITIONS for state in row.source}
FORBIDDEN = sorted({(e, s) for e in EVENTS for s in State} - ALLOWED)


@pytest.mark.parametrize(("name", "state"), FORBIDDEN)
def test_what_is_no_row_of_the_table_is_refused(name: str, state: State) -> None:
    assert state in refused(BY_STATE[state], name).why


@pytest.mark.parametrize("row", [r for r in TRANSITIONS if r.fenced], ids=lambda r: r.event)
@pytest.mark.parametrize("fence", [0, 3, 5])
def test_a_worker_without_the_right_fence_records_nothing(
    row: transitions.Transition, fence: int
) -> None:
    assert refused(BY_STATE[State.RUNNING], row.event, fence=fence).stale


@pytest.mark.parametrize("row", [r for r in TRANSITIONS if r.audited], ids=lambda r: r.event)
@pytest.mark.parametrize("missing", ["who", "why"])
def test_what_people_do_says_who_and_why(row: transitions.Transition, missing: str) -> None:
    assert (
        "who does it, and why" in refused(BY_STATE[row.source[0]], row.event, **{missing: ""}).why
    )


@pytest.mark.parametrize("row", TRANSITIONS, ids=lambda r: f"{r.event}-{r.source[0]}")
def test_a_row_leads_only_where_it_says_and_writes_what_it_says(
    row: transitions.Transition,
) -> None:
    subject = BY_STATE[row.source[0]]
    if row.event == "settle":
        subject = AMBIGUOUS
    if row.event == "lose":
        subject = replace(subject, lease_until_ms=NOW)
    if row.event == "expire":
        subject = replace(subject, expires_ms=NOW)
    change = changed(subject, row.event, lease_s=30.0)
    assert change.entry.state in row.to
    assert (change.attempt and change.attempt.result) == row.result
    assert (change.action is not None) == row.audited


def test_a_claim_raises_the_fence_and_starts_a_lease() -> None:
    claimed = changed(IDLE, "claim", worker="w9", lease_s=30.0).entry
    assert (claimed.fence, claimed.worker, claimed.lease_until_ms) == (1, "w9", NOW + 30_000)
    assert claimed.begun_ms is None


def test_nothing_is_claimed_before_it_is_due_or_after_it_expired() -> None:
    assert "not due" in refused(replace(IDLE, due_ms=NOW + 1), "claim").why
    assert "expired" in refused(replace(IDLE, expires_ms=NOW), "claim").why


def test_an_error_counts_a_failure_and_a_wait_of_the_server_does_not() -> None:
    failed = changed(BY_STATE[State.RUNNING], "fail", wait_s=2.0).entry
    waited = changed(BY_STATE[State.RUNNING], "postpone", wait_s=2.0).entry
    assert (failed.failures, waited.failures) == (1, 0)
    assert failed.due_ms == waited.due_ms == NOW + 2_000


def test_the_last_failure_is_the_death_of_it() -> None:
    last = replace(BY_STATE[State.RUNNING], failures=2)
    dead = changed(last, "fail", wait_s=2.0).entry
    assert (dead.state, dead.reason, dead.ended_ms) == (State.DEAD, Reason.FAILURES, NOW)


def test_a_wait_beyond_its_expiry_is_its_end() -> None:
    short = replace(BY_STATE[State.RUNNING], expires_ms=NOW + 1_000)
    dead = changed(short, "postpone", wait_s=1.0).entry
    assert (dead.state, dead.reason) == (State.DEAD, Reason.EXPIRED)
    assert changed(short, "postpone", wait_s=0.5).entry.state is State.QUEUED


@pytest.mark.parametrize("name", ["lose", "take_back"])
def test_i1_an_unsafe_one_that_had_begun_is_never_sent_again_by_itself(name: str) -> None:
    begun = replace(BEGUN, lease_until_ms=NOW)
    dead = changed(begun, name).entry
    assert (dead.state, dead.reason) == (State.DEAD, Reason.AMBIGUOUS)
    assert changed(replace(begun, begun_ms=None), name).entry.state is State.QUEUED
    safe = replace(begun, safe=True)
    assert changed(safe, name).entry.state is State.QUEUED


def test_a_lease_that_holds_is_not_lost() -> None:
    assert "still holds" in refused(BY_STATE[State.RUNNING], "lose").why


def test_an_entry_that_may_have_been_sent_is_not_handed_back() -> None:
    assert "may have been sent" in refused(BEGUN, "release").why
    released = changed(UNSAFE, "release")
    assert released.attempt is not None
    assert (released.entry.failures, released.attempt.result) == (0, Result.RELEASED)


def test_a_running_one_is_asked_to_end_and_ends_when_it_comes_back() -> None:
    asked = changed(UNSAFE, "cancel").entry
    assert (asked.state, asked.cancel_asked) == (State.RUNNING, True)
    assert "cancelled" in refused(asked, "begin").why
    for name in ("release", "postpone", "fail"):
        assert changed(asked, name).entry.state is State.CANCELLED
    assert changed(asked, "succeed").entry.state is State.SUCCEEDED


def test_a_lease_that_is_over_may_not_begin() -> None:
    assert "over" in refused(replace(UNSAFE, lease_until_ms=NOW), "begin").why


@pytest.mark.parametrize("reason", [Reason.AMBIGUOUS, Reason.UNVERIFIED])
def test_what_is_in_doubt_is_sent_again_only_on_a_persons_word(reason: Reason) -> None:
    doubtful = replace(AMBIGUOUS, reason=reason)
    assert "took no effect" in refused(doubtful, "redrive").why
    assert "another call" in refused(doubtful, "edit").why
    assert changed(doubtful, "redrive", send_again=True).entry.state is State.QUEUED
    assert changed(doubtful, "settle").entry.state is State.SUCCEEDED
    assert "in doubt" in refused(BY_STATE[State.DEAD], "settle").why


def test_a_redrive_forgives_failures_and_keeps_the_fence() -> None:
    worn = replace(BY_STATE[State.DEAD], failures=3)
    again = changed(worn, "redrive", wait_s=1.0).entry
    assert (again.failures, again.fence, again.redrives) == (0, 4, 1)
    assert (again.reason, again.ended_ms, again.due_ms) == (None, None, NOW + 1_000)


def test_the_page_of_the_table_is_current() -> None:
    page = Path(__file__).parents[2] / "docs/queue-transitions.md"
    assert transitions.markdown() in page.read_text("utf-8")
