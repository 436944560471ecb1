"""Two groups of workers, on machines whose clocks differ by ten minutes, share one PostgreSQL.

Each group has a home of its own, each worker a name; the database is reached over TCP, and its
clock alone decides what is due and whose lease is over. Judged by the mock server's ledger, whose
clock is the database's, and by what the database holds in the end.
"""

from __future__ import annotations

import json
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from threading import Event
from typing import Final
from uuid import UUID

import pytest
from tests.crash.conftest import Programs
from tests.crash.enqueuing import call_id
from tests.support.postgres import database, running, url_of

from battle_healer_mock.server import MockServer, Options
from battle_healer_replay import Draft, Payload, Queue, open_queue
from battle_healer_replay.operations.look import Story

ELSEWHERE: Final = str(Path(__file__).with_name("elsewhere.py"))
AHEAD_S: Final = 600
GROUPS: Final = {"here": 0, "elsewhere": AHEAD_S}
COUNT: Final = 300
LEASE_S: Final = 3
LATER_S: Final = 4.0
WAIT_S: Final = 3
ASKED_TO_WAIT: Final = 50  # of a hundred
HEALED: Final = 5  # of ten: so that episodes tell the clock that they were made by
SLACK_S: Final = 20  # for a look at overdue leases, with all cores busy
TO_FINISH_S: Final = 90
_LOST_TO_TIME: Final = "its lease ended without a word"


@pytest.fixture
def url() -> Iterator[str]:
    """An empty database on a server that listens on TCP."""
    with (
        tempfile.TemporaryDirectory(prefix="bh-gr-", dir="/tmp") as folder,
        running(Path(folder)) as server,
    ):
        server.listen()
        with database(server.address) as address:
            yield url_of(address)


def draft(number: int, url: str) -> Draft:
    """One of ten is due later, one fails first; of a hundred, one has to wait until a moment."""
    key = f"key-{number}"
    headers = [("Content-Type", "application/json"), ("Idempotency-Key", key)]
    if number % 100 == ASKED_TO_WAIT:
        headers += [("X-Simulate-Failure", f"rate_limit=epoch-ms:{WAIT_S}s")]
    if number % 10 == HEALED:
        headers += [("X-Simulate-Failure", "retryable_500")]
    body = json.dumps({"transactionId": f"t{number}", "amount": 15}).encode()
    payload = Payload("POST", f"{url}/external-api", tuple(headers), body, key, policy="mock.yaml")
    return Draft(
        call_id(number), f"corr-{number}", "mock", payload, safe=True, key=key,
        due_in_s=LATER_S if number % 10 == 1 else 0.0,
    )  # fmt: skip


def test_groups_with_different_clocks_deliver_each_entry_once_and_none_early(
    url: str, programs: Programs
) -> None:
    with MockServer(Options(port=0)) as mock, open_queue(url) as queue:
        with ThreadPoolExecutor(16) as callers:
            list(callers.map(lambda n: queue.enqueue(draft(n, mock.url)), range(COUNT)))
        for group in GROUPS:
            # One of each group dies with a batch in hand, and never comes back.
            _work(programs, group, "mortal", url, "after_claim:2")
            _work(programs, group, "steady", url)
        _until_finished(queue, programs)
        programs.stop_all()
        stories = [queue.story(entry.id) for entry in queue.entries()]
        effects = Counter(effect.transactionId for effect in mock.state.ledger.effects)
        arrived = {e.transactionId: _ms(e.at) for e in mock.state.ledger.effects}
    assert programs.kills == len(GROUPS)
    assert effects == {f"t{number}": 1 for number in range(COUNT)}
    assert {str(story.entry.state) for story in stories} == {"succeeded"}
    _assert_leases_were_kept(stories)
    _assert_none_was_early(stories, arrived)
    for group in GROUPS:
        assert _worked(stories, group) >= COUNT // 10, "one group did nearly all"
        assert _ahead_s(stories, group) == pytest.approx(GROUPS[group], abs=LEASE_S)


def _work(
    programs: Programs, group: str, rank: str, url: str, failpoint: str | None = None
) -> None:
    argv = [ELSEWHERE, str(GROUPS[group]), "queue", "worker", "--name", f"{group}-{rank}"]
    argv += ["--queue", url, "--lease", str(LEASE_S), "--rate", "20", "--at-once", "4"]
    programs.start(f"{group}-{rank}", argv, failpoint, home=group)


def _until_finished(queue: Queue, programs: Programs) -> None:
    until = time.monotonic() + TO_FINISH_S
    while (counts := queue.stats().counts)["queued"] + counts["running"]:
        assert time.monotonic() < until, f"not finished: {queue.stats()}"
        for group in GROUPS:
            assert not programs.ended(f"{group}-mortal"), "it was to die"
            assert not programs.ended(f"{group}-steady"), "it ended by itself"
        Event().wait(0.2)


def _assert_leases_were_kept(stories: list[Story]) -> None:
    """What the dead held was left to them for their lease, and no longer, by either clock."""
    lost = [a for s in stories for a in s.attempts if a.result == "lost"]
    assert {f"{group}-mortal" for group in GROUPS} <= {attempt.worker for attempt in lost}
    for attempt in lost:
        assert attempt.detail == _LOST_TO_TIME
        held_ms = attempt.ended_ms - attempt.started_ms
        assert LEASE_S <= held_ms / 1000 < LEASE_S + SLACK_S


def _assert_none_was_early(stories: list[Story], arrived: dict[str, int]) -> None:
    waits = 0
    for story in stories:
        number = int(story.entry.correlation_id.partition("-")[2])
        due = story.entry.created_ms + (LATER_S * 1000 if number % 10 == 1 else 0)
        for attempt in story.attempts:
            assert attempt.started_ms >= due, attempt
            due = attempt.ended_ms + (attempt.wait_s or 0.0) * 1000
            if attempt.result == "wait":
                waits += 1
                # One more, since the server's `Date` has whole seconds; not ten minutes.
                assert (attempt.wait_s or 0.0) <= WAIT_S + 1
        # What a worker sent before it died took effect then, and not when it was sent again.
        asked_ms = WAIT_S * 1000 if number % 100 == ASKED_TO_WAIT else 0
        assert arrived[f"t{number}"] >= story.attempts[0].started_ms + asked_ms
    assert waits > 0, "no server's wait was recorded"


def _worked(stories: list[Story], group: str) -> int:
    last = (story.attempts[-1].worker or "" for story in stories)
    return sum(worker.startswith(group) for worker in last)


def _ahead_s(stories: list[Story], group: str) -> float:
    """How far a group's clock is ahead: the agent writes it into the ids of its episodes."""
    said = [
        int(UUID(attempt.episode.partition("-")[2])) // 2**80 - attempt.started_ms
        for story in stories
        for attempt in story.attempts
        if attempt.episode and (attempt.worker or "").startswith(group)
    ]
    return sum(said) / len(said) / 1000


def _ms(at: str) -> int:
    return round(datetime.fromisoformat(at).timestamp() * 1000)
