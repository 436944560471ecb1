"""The writer: off the call's path, one for a file, bounded, and harmless where it cannot write."""

import logging
import os
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.support.building import FixedClock, call

from battle_healer.commands import Note
from battle_healer.journal.file import JournalFile
from battle_healer.journal.journal import Journal
from battle_healer.journal.lock import alone
from battle_healer.journal.place import Place
from battle_healer.journal.writer import Writer, writer_for
from battle_healer.model import Kind, OutcomeKind

Until = Callable[[Callable[[], object]], None]


def test_what_is_put_is_written_in_order(writer: Writer, book: Any, make: Any) -> None:
    for n in range(50):
        for event in make.whole(f"ep-{n:02}", make.noon + timedelta(seconds=n)):
            writer.put(event)
    assert writer.flush()
    assert [row.of.episode for row in book.episodes()] == [f"ep-{n:02}" for n in range(49, -1, -1)]
    assert book.names("ep-07") == ["EPISODE_BEGUN", "STEP", "EPISODE"]


def test_a_step_is_on_disk_without_anybody_waiting(
    writer: Writer, place: Place, book: Any, make: Any, until: Until
) -> None:
    writer.put(make.begun("ep-1"))
    until(book.episodes)
    writer.put(make.stepped("ep-1"))
    until(lambda: book.names("ep-1") == ["EPISODE_BEGUN", "STEP"])


def test_a_call_never_waits_for_the_disk(
    writer: Writer, place: Place, book: Any, make: Any
) -> None:
    place.path.parent.mkdir()
    (place.path.parent / "healer-home.txt").touch()
    with alone(place.path):
        for event in make.whole("ep-1"):
            writer.put(event)  # would not come back if it wrote by itself
    assert writer.flush()
    assert [row.outcome for row in book.episodes()] == ["delivered"]


def test_events_beyond_the_bound_are_counted_and_said_once(
    place: Place, book: Any, make: Any, caplog: pytest.LogCaptureFixture
) -> None:
    writer = Writer(place, rows=5)
    place.path.parent.mkdir()
    (place.path.parent / "healer-home.txt").touch()
    with alone(place.path), caplog.at_level(logging.WARNING, "battle_healer"):
        for n in range(100):
            writer.put(make.begun(f"ep-{n}"))
    assert writer.flush()
    # At most five of the first, which it held already, and five that waited.
    assert 90 <= book.counts["lost"] == 100 - len(book.episodes()) < 100
    assert ["cannot keep up" in row.message for row in caplog.records] == [True]


def _not_ours(path: Path) -> None:
    path.parent.mkdir()
    (path.parent / "mine.txt").touch()


def _at_home(path: Path) -> Path:
    path.parent.mkdir()
    (path.parent / "healer-home.txt").touch()
    return path


def _newer(path: Path) -> None:
    JournalFile(Place(path)).close()
    _sql(path, "pragma user_version = 99")


def _damaged(path: Path) -> None:
    JournalFile(Place(path)).close()
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(1000)
        file.write(b"\xff" * (size - 1000))


def _sql(path: Path, statement: str) -> None:
    connection = sqlite3.connect(path)
    connection.execute(statement)
    connection.commit()
    connection.close()


UNWRITABLE: dict[str, Callable[[Path], object]] = {
    "the folder is a file": lambda path: path.parent.write_text("not a folder"),
    "the folder is not ours": _not_ours,
    "the file is a folder": lambda path: _at_home(path).mkdir(),
    "the file is no database": lambda path: _at_home(path).write_bytes(b"x" * 5000),
    "the file is newer": _newer,
    "the file is damaged": _damaged,
}


@pytest.mark.parametrize("spoil", UNWRITABLE.values(), ids=UNWRITABLE)
def test_where_it_cannot_write_it_says_so_once_and_memory_remains(
    place: Place, make: Any, caplog: pytest.LogCaptureFixture, spoil: Callable[[Path], object]
) -> None:
    spoil(place.path)
    writer = Writer(place, wait_s=0.05)
    journal = Journal(FixedClock(), 10, writer=writer)
    with caplog.at_level(logging.WARNING, "battle_healer"):
        for n in range(3):
            journal.note(call(), Note("EPISODE_BEGUN", {"episode": f"ep-{n}", "status": 503}))
            journal.record(call(), make.outcome(f"ep-{n}"))
            assert journal.flush()
    assert [episode.id for episode in journal.episodes] == ["ep-0", "ep-1", "ep-2"]
    (said,) = [row.message for row in caplog.records]
    assert said.startswith("the journal is kept in memory only: ")
    assert str(place.path.parent) in said


def test_a_full_disk_harms_nothing_and_what_was_written_stays(
    tmp_path: Path, book: Any, place: Place
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _FULL, str(place.path)],
        capture_output=True, text=True, timeout=60, check=True, cwd=tmp_path,
    )  # fmt: skip
    assert done.stdout == "50 answers, 50 in memory\n"
    assert done.stderr.count("the journal is kept in memory only") == 1
    assert book.is_whole
    assert 0 < len(book.episodes()) < 50


# A limit on the size of files stands for the end of the disk.
_FULL = """
import itertools, logging, resource, sys
from pathlib import Path
import httpx2
from battle_healer import HealingClient
from battle_healer.clients.surroundings import Surroundings
from battle_healer.journal.place import Place

logging.basicConfig()
resource.setrlimit(resource.RLIMIT_FSIZE, (120_000, 120_000))
turns = itertools.count()
answers = 0
place = Place(Path(sys.argv[1]))
around = Surroundings(wait=lambda s: None, journal=lambda rules: place)
inner = httpx2.MockTransport(lambda request: httpx2.Response((503, 200)[next(turns) % 2]))
with HealingClient(transport=inner, surroundings=around) as client:
    for _ in range(50):
        answers += client.get("https://api.example/").status_code == 200
        client.healing.journal.flush()
    print(answers, "answers,", len(client.healing.journal.episodes), "in memory")
"""


def test_after_a_while_it_is_tried_again_and_tells_what_was_lost(
    place: Place, book: Any, make: Any
) -> None:
    place.path.parent.write_text("in the way")
    now = [0.0]
    writer = Writer(place, now=lambda: now[0])
    writer.put(make.begun("ep-lost"))
    assert writer.flush()
    place.path.parent.unlink()
    writer.put(make.begun("ep-too-soon"))
    assert writer.flush()
    assert not place.path.exists()
    now[0] = 31.0
    writer.put(make.begun("ep-kept"))
    assert writer.flush()
    assert [row.of.episode for row in book.episodes()] == ["ep-kept"]
    assert book.counts == {"lost": 2}


def test_a_file_that_was_removed_is_begun_anew(
    writer: Writer, place: Place, book: Any, make: Any
) -> None:
    writer.put(make.begun("ep-1"))
    assert writer.flush()
    for name in ("", "-wal", "-shm", ".lock"):
        place.path.with_name(place.path.name + name).unlink()
    writer.put(make.begun("ep-2"))
    assert writer.flush()
    assert [row.of.episode for row in book.episodes()] == ["ep-2"]


def test_an_event_of_a_kind_that_nobody_foresaw_does_not_end_it(
    writer: Writer, book: Any, make: Any
) -> None:
    odd = make.stepped("ep-1")
    object.__setattr__(odd, "data", {("no", "name"): 1})
    writer.put(odd)
    assert writer.flush()
    later = Writer(writer.place)
    later.put(make.begun("ep-2"))
    assert later.flush()
    assert [row.of.episode for row in book.episodes()] == ["ep-2"]


def test_all_clients_of_a_process_share_the_writer_of_a_file(tmp_path: Path) -> None:
    one, other = Place(tmp_path / "a" / "journal.db"), Place(tmp_path / "b" / "journal.db")
    assert writer_for(one) is writer_for(Place(one.path))
    assert writer_for(one) is not writer_for(other)


def test_many_threads_lose_nothing(writer: Writer, book: Any, make: Any) -> None:
    def work(name: str) -> None:
        for n in range(40):
            for event in make.whole(f"ep-{name}-{n}"):
                writer.put(event)

    threads = [threading.Thread(target=work, args=(name,)) for name in "abcdef"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert writer.flush()
    assert len(book.episodes(outcome="delivered")) == 240


_WRITES = """
import sys
from pathlib import Path
from tests.agent.journal.conftest import whole
from battle_healer.journal.place import Place
from battle_healer.journal.writer import Writer

writer = Writer(Place(Path(sys.argv[1])))
for n in range(150):
    for event in whole(f"ep-{sys.argv[2]}-{n}"):
        writer.put(event)
    if n % 10 == 0:
        writer.flush()
writer.flush()
"""


def test_several_processes_write_one_file(place: Place, book: Any) -> None:
    command = [sys.executable, "-c", _WRITES, str(place.path)]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([os.getcwd(), *sys.path])}
    processes = [subprocess.Popen([*command, name], env=environment) for name in "abc"]
    assert [process.wait(60) for process in processes] == [0, 0, 0]
    assert len(book.episodes(outcome="delivered")) == 450
    assert book.counts == {}
    assert book.is_whole


def test_a_child_of_a_fork_writes_for_itself(place: Place, book: Any) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", _FORKS, str(place.path)],
        capture_output=True, text=True, timeout=60, check=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join([os.getcwd(), *sys.path])},
    )  # fmt: skip
    assert done.stdout == "True\nTrue\n"
    assert {row.of.episode for row in book.episodes()} == {"ep-parent", "ep-child", "ep-later"}
    assert book.is_whole


_FORKS = """
import os, sys
from pathlib import Path
from tests.agent.journal.conftest import begun
from battle_healer.journal.place import Place
from battle_healer.journal.writer import writer_for

place = Place(Path(sys.argv[1]))
writer_for(place).put(begun("ep-parent"))
writer_for(place).flush()
child = os.fork()
writer_for(place).put(begun("ep-later" if child else "ep-child"))
print(writer_for(place).flush(), flush=True)
if child:
    os.waitpid(child, 0)
else:
    os._exit(0)
"""


def test_what_waits_is_written_before_the_process_ends(place: Place, book: Any) -> None:
    code = _FORKS.partition("writer_for(place).flush()")[0]
    subprocess.run(
        [sys.executable, "-c", code, str(place.path)], timeout=60, check=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join([os.getcwd(), *sys.path])},
    )  # fmt: skip
    assert [row.of.episode for row in book.episodes()] == ["ep-parent"]


def test_counts_are_written_with_the_next_event(writer: Writer, book: Any, make: Any) -> None:
    writer.put(make.begun("ep-1"))
    writer.put(make.ended("ep-1", kind=OutcomeKind.FAILED, status=404))
    for _ in range(3):
        writer.count("clean")
        writer.count("refusals", "ep-1")
    writer.put(make.stepped("ep-2", kind=Kind.CONFLICT))
    assert writer.flush()
    assert book.counts == {"clean": 3, "refusals": 3}
    assert [row.more for row in book.episodes()] == [3]
