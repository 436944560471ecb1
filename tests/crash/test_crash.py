"""Everything is killed, again and again: nothing lost, nothing stuck, no effect twice.

Judged by the mock server's ledger, and by what the database holds in the end.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from threading import Event
from typing import Final

import pytest
from tests.crash.conftest import Place, Programs
from tests.crash.enqueuing import call_id, kind_of
from tests.support.sizes import CRASHED_ENTRIES

from battle_healer_mock.server import MockServer, Options
from battle_healer_replay import Queue, open_queue
from battle_healer_replay.entry import State
from battle_healer_replay.operations.look import Story

ENQUEUING: Final = str(Path(__file__).with_name("enqueuing.py"))
HEALER: Final = "import sys; from battle_healer_cli.main import main; sys.exit(main())"
WORKERS: Final = ("w1", "w2", "w3", "w4")
PLACES: Final = (
    "claim_before_commit", "claim_after_commit", "after_claim", "before_send", "after_answer",
    "before_record", "record_before_commit", "record_after_commit", "after_record",
    "take_back_before_commit", "take_back_after_commit",
)  # fmt: skip
KEEPING: Final = (
    "keep_before_commit:2", "keep_after_commit:3", "keep_before_commit:9", "keep_after_commit:12",
)  # fmt: skip
SMALL_DISK: Final = """
import resource, runpy, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, 400_000))
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""
KILLS_EACH: Final = 60  # entries to one kill, about


@dataclass(frozen=True)
class Sum:
    """What it came to."""

    entries: int
    kills: int
    lost_leases: int
    lost: tuple[int, ...]
    stuck: tuple[int, ...]
    doubled: tuple[int, ...]

    def __str__(self) -> str:
        bad = "/".join(str(len(found)) for found in (self.lost, self.stuck, self.doubled))
        return (
            f"lost/stuck/doubled = {bad} of {self.entries} entries,"
            f" {self.kills} kills, {self.lost_leases} attempts cut off"
        )


@pytest.fixture
def mock() -> Iterator[MockServer]:
    with MockServer(Options(port=0)) as server:
        yield server


@pytest.mark.soak
def test_i8_nothing_is_lost_stuck_or_doubled_whatever_is_killed(
    place: Place,
    mock: MockServer,
    programs: Programs,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    count, random = CRASHED_ENTRIES.now, Random(12)  # noqa: S311 -- whom it hits is no secret
    acknowledged = tmp_path / "acknowledged"
    acknowledged.touch()
    with open_queue(place.url) as queue:
        _park_under_fire(programs, place, mock.url, count, acknowledged)
        _work_under_fire(programs, place, queue, count, random)
        found = _summed(queue, mock, programs, count)
    with capsys.disabled():
        sys.stdout.write(f"\n{place.url.partition(':')[0]}: {found}\n")
    assert sorted(map(int, acknowledged.read_text().split())) == list(range(count))
    assert (found.lost, found.stuck, found.doubled) == ((), (), ()), str(found)
    assert found.kills >= count // KILLS_EACH
    assert found.lost_leases > 0, "no kill has hit anything"


def test_i8_a_full_disk_loses_nothing_that_was_acknowledged(
    programs: Programs, tmp_path: Path
) -> None:
    where, count, file = f"sqlite:{tmp_path / 'queue.db'}", 2000, tmp_path / "acknowledged"
    file.touch()
    argv = [ENQUEUING, where, "http://127.0.0.1:9", str(count), str(file)]
    programs.start("enqueuer", ["-c", SMALL_DISK, *argv])
    before = -1
    while (now := len(file.read_text().split())) == 0 or now != before:
        before = now
        assert not programs.ended("enqueuer"), "there was room for all"
        Event().wait(0.5)
    programs.kill("enqueuer")
    acknowledged = {call_id(int(line)) for line in file.read_text().split()}
    assert 0 < len(acknowledged) < count
    with open_queue(where) as queue:
        assert acknowledged <= {entry.call_id for entry in queue.entries()}
        programs.start("enqueuer", argv)
        assert programs.ended("enqueuer", wait_s=60), "with room again it goes on"
        assert sum(queue.stats().counts.values()) == count


def _park_under_fire(
    programs: Programs, place: Place, url: str, count: int, acknowledged: Path
) -> None:
    """The enqueuer dies at a commit, starts anew, and at last gets through."""
    argv = [ENQUEUING, place.url, url, str(count), str(acknowledged)]
    for failpoint in KEEPING:
        programs.start("enqueuer", argv, failpoint)
        assert not programs.ended("enqueuer", wait_s=60), "it was to die"
    programs.start("enqueuer", argv)


def _work_under_fire(
    programs: Programs, place: Place, queue: Queue, count: int, random: Random
) -> None:
    """Four workers die at commits, between them, and with their database; then all is finished."""
    restarted = place.server is None
    is_parked = False
    before = programs.kills
    until = time.monotonic() + 60 + count / 20
    while True:
        assert time.monotonic() < until, f"not finished: {queue.stats()}"
        is_parked = is_parked or programs.ended("enqueuer")
        is_over = programs.kills - before >= count // KILLS_EACH
        for name in WORKERS:
            if name not in programs.running:
                point = f"{random.choice(PLACES)}:{random.randint(1, 40)}"
                programs.start(name, _worker(name, place), None if is_over else point)
            assert not programs.ended(name), f"{name} ended by itself"
        counts = queue.stats().counts
        if not restarted and counts["succeeded"] > count // 4:
            assert place.server is not None
            place.server.restart_as_after_a_crash()
            restarted = True
        if is_parked and is_over and counts["queued"] + counts["running"] == 0:
            break
        Event().wait(random.uniform(0.05, 0.3))
        if not is_over and random.random() < 0.3:
            victim = random.choice(WORKERS)
            if programs.works(victim):
                programs.kill(victim)
    del programs.running["enqueuer"]
    programs.stop_all()


def _worker(name: str, place: Place) -> list[str]:
    return ["-c", HEALER, "queue", "worker", "--name", name, "--queue", place.url]


def _summed(queue: Queue, mock: MockServer, programs: Programs, count: int) -> Sum:
    effects = Counter(effect.transactionId for effect in mock.state.ledger.effects)
    stories = {story.entry.call_id: story for story in _stories(queue)}
    lost, stuck, doubled, cut = [], [], [], 0
    for number in range(count):
        n, story = effects[f"t{number}"], stories.pop(call_id(number), None)
        if story is not None and story.entry.state in {State.QUEUED, State.RUNNING}:
            stuck.append(number)
        elif story is None or not _is_accounted_for(number, story, n):
            lost.append(number)
        if n > 1:
            doubled.append(number)
        cut += 0 if story is None else sum(a.result == "lost" for a in story.attempts)
    assert not stories, "entries that nobody parked"
    return Sum(count, programs.kills, cut, tuple(lost), tuple(stuck), tuple(doubled))


def _is_accounted_for(number: int, story: Story, effects: int) -> bool:
    """Whether state, effects and audit say one thing, as far as anybody can know."""
    kind, entry = kind_of(number), story.entry
    ended = (str(entry.state), entry.reason and str(entry.reason))
    if [a.fence for a in story.attempts] != list(range(1, entry.fence + 1)):
        return False
    if kind.in_doubt:
        return ended == ("dead", "ambiguous") and not story.attempts and effects == 0
    if ended == ("succeeded", None):
        return effects >= 1
    return not kind.keyed and ended == ("dead", "ambiguous")


def _stories(queue: Queue) -> Iterator[Story]:
    for entry in queue.entries():
        yield queue.story(entry.id)
