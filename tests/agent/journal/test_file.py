"""The file: what is kept of an episode, and how the file stays bounded and whole."""

import os
import sqlite3
import stat
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from battle_healer.errors import HealerError, JournalError
from battle_healer.journal.event import outcome_of, step_of
from battle_healer.journal.file import JournalFile
from battle_healer.journal.lock import alone
from battle_healer.journal.place import Place
from battle_healer.journal.reading import Reader, state_of
from battle_healer.model import Kind, Parked, Veto
from battle_healer.rules import Keep


def test_a_story_comes_back_as_it_was_told(place: Place, book: Any, make: Any) -> None:
    vetoes = (Veto("retry", "I3", "the server wants 30 s"), Veto("queue", "I2", "no way to sign"))
    told = make.step("fail_over", region="eu", credential="main", vetoes=vetoes, menu=("p1 a",))
    end = make.outcome("ep-1", queued=Parked("q-1", True), verified=False, refreshes=1)
    file = JournalFile(place)
    file.write([make.begun("ep-1"), make.stepped("ep-1", region="eu")], {})
    file.write([make.stepped("ep-1", told=told), make.ended("ep-1", told=end)], {})
    file.close()
    events = book.events("ep-1")
    assert [event.name for event in events] == ["EPISODE_BEGUN", "STEP", "STEP", "EPISODE"]
    assert step_of(events[2].data) == told
    assert outcome_of(events[3].data, (told,)) == make.outcome(
        "ep-1", queued=Parked("q-1", True), verified=False, refreshes=1, steps=(told,)
    )


def test_an_episode_carries_who_called_what(place: Place, book: Any, make: Any) -> None:
    file = JournalFile(place)
    file.write(make.whole("ep-1"), {})
    file.close()
    (kept,) = book.episodes()
    assert (kept.of.call, kept.of.correlation_id, kept.of.tenant) == ("call-1", "corr-1", "default")
    assert (kept.of.provider, kept.of.region, kept.of.method) == ("pay", "us", "GET")
    assert (kept.outcome, kept.effect, kept.status, kept.requests) == ("delivered", "none", 200, 2)
    assert (kept.began, kept.ended) == (make.noon, make.noon + timedelta(seconds=1))


def test_what_has_no_ending_is_open(place: Place, book: Any, make: Any) -> None:
    file = JournalFile(place)
    file.write([make.begun("ep-1")], {})
    file.close()
    (kept,) = book.episodes()
    assert (kept.outcome, kept.ended) == ("open", None)


def test_an_ending_without_its_beginning_is_kept(place: Place, book: Any, make: Any) -> None:
    file = JournalFile(place)
    file.write([make.ended("ep-1")], {})
    file.close()
    assert [kept.outcome for kept in book.episodes()] == ["delivered"]


def test_what_is_too_old_is_cleared(place: Place, book: Any, make: Any) -> None:
    file = JournalFile(place)
    file.write(make.whole("ep-old", make.noon), {})
    file.write(make.whole("ep-kept", make.noon + timedelta(days=29)), {})
    file.write(make.whole("ep-new", make.noon + timedelta(days=30, hours=1)), {})
    file.close()
    assert [kept.of.episode for kept in book.episodes()] == ["ep-new", "ep-kept"]
    assert book.events("ep-old") == []


def test_the_file_stays_within_its_size_and_loses_the_oldest(
    place: Place, book: Any, make: Any
) -> None:
    file = JournalFile(place)
    most = 0
    for n in range(40):
        batch = [make.whole(f"ep-{n}-{i}", make.noon) for i in range(100)]
        file.write([event for episode in batch for event in episode], {})
        most = max(most, len(book.bytes))
    file.close()
    kept = [row.of.episode for row in book.episodes()]
    assert kept[0] == "ep-39-99"
    assert 500 < len(kept) < 3000
    assert "ep-0-0" not in kept
    assert most < 1_000_000 + 4_000_000  # the bound, and the log
    assert place.path.stat().st_size <= 1_000_000 + 500_000
    assert book.is_whole


def test_a_smaller_bound_makes_the_file_smaller(place: Place, book: Any, make: Any) -> None:
    big = JournalFile(Place(place.path, Keep(megabytes=64)))
    for n in range(30):
        batch = [make.whole(f"ep-{n}-{i}", make.noon) for i in range(100)]
        big.write([event for episode in batch for event in episode], {})
    big.close()
    before = place.path.stat().st_size
    assert before > 2_000_000
    small = JournalFile(place)
    small.write([make.begun(f"ep-{n}") for n in range(500)], {})
    small.close()
    assert place.path.stat().st_size <= 1_100_000
    assert book.is_whole


def test_only_its_owner_can_read_it(place: Place, make: Any) -> None:
    file = JournalFile(place)
    file.write(make.whole("ep-1"), {})
    for name in ("", "-wal", "-shm", ".lock"):
        mode = place.path.with_name(place.path.name + name).stat().st_mode
        assert stat.S_IMODE(mode) == 0o600, name
    file.close()


def test_nobody_writes_while_another_holds_the_lock(place: Place, book: Any, make: Any) -> None:
    file = JournalFile(place, wait_s=0.02)
    with alone(place.path):
        with pytest.raises(JournalError, match="another process has held its lock"):
            file.write(make.whole("ep-1"), {})
        with pytest.raises(JournalError, match="another process has held its lock"):
            file.close()
        with pytest.raises(JournalError, match="another process has held its lock"):
            JournalFile(place, wait_s=0.02)
    file.write(make.whole("ep-2"), {})
    file.close()
    assert [kept.of.episode for kept in book.episodes()] == ["ep-2"]


def test_a_batch_that_cannot_be_written_leaves_nothing(place: Place, book: Any, make: Any) -> None:
    file = JournalFile(place)
    bad = make.begun("ep-1")
    object.__setattr__(bad, "name", None)  # the table wants one
    with pytest.raises(sqlite3.Error):
        file.write([make.begun("ep-0"), bad], {})
    file.write(make.whole("ep-2"), {})
    file.close()
    assert [kept.of.episode for kept in book.episodes()] == ["ep-2"]


def test_a_newer_journal_is_refused_by_whoever_writes_or_reads(place: Place, make: Any) -> None:
    JournalFile(place).close()
    _run(place.path, "pragma user_version = 99")
    for use in (JournalFile, lambda place: Reader(place.path)):
        with pytest.raises(JournalError, match="the journal is of version 99") as caught:
            use(place)
        assert "newer healer" in caught.value.fix
        assert caught.value.where == str(place.path)


def test_a_file_of_somebody_else_is_left_alone(place: Place) -> None:
    JournalFile(place).close()
    place.path.unlink()
    _run(place.path, "create table theirs (a)")
    before = place.path.read_bytes()
    with pytest.raises(JournalError, match="no journal of healer"):
        JournalFile(place)
    assert place.path.read_bytes() == before


def test_a_folder_that_holds_other_things_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(HealerError, match="holds other things"):
        JournalFile(Place(tmp_path / "journal.db"))
    assert os.listdir(tmp_path) == ["mine.txt"]


def test_the_state_of_a_file_is_told_without_changing_it(
    place: Place, book: Any, make: Any
) -> None:
    file = JournalFile(place)
    file.write(make.whole("ep-1"), {("lost", ""): 3})
    file.close()
    before = place.path.read_bytes()
    state = state_of(place.path)
    assert (state.episodes, state.lost, state.synchronous) == (1, 3, "normal")
    assert state.size_bytes >= len(before)
    assert state.sqlite == sqlite3.sqlite_version
    assert place.path.read_bytes() == before


def test_a_kind_that_nobody_knows_is_a_clear_error(place: Place, book: Any, make: Any) -> None:
    file = JournalFile(place)
    file.write([make.stepped("ep-1", kind=Kind.CONFLICT), make.ended("ep-1")], {})
    file.close()
    _run(place.path, "update events set data = 'no JSON'")
    with pytest.raises(JournalError, match="cannot be used"):
        book.events("ep-1")


def _run(path: Path, statement: str) -> None:
    connection = sqlite3.connect(path)
    connection.execute(statement)
    connection.commit()
    connection.close()
