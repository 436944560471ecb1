"""A journal file of a test's own, events to write, and what the file holds afterwards."""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.support.building import call

from battle_healer.journal.event import BEGUN, ENDED, STEP, Event, facts_of
from battle_healer.journal.place import Place
from battle_healer.journal.reading import Kept, Reader, Wanted
from battle_healer.journal.schema import NoJournalError
from battle_healer.journal.writer import Writer
from battle_healer.model import Kind, Outcome, OutcomeKind, Step
from battle_healer.rules import Keep

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Book:
    """What a journal file holds, as other processes see it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def episodes(self, **wanted: Any) -> list[Kept]:
        try:
            with Reader(self.path) as reader:
                return reader.episodes(Wanted(**wanted), 100_000)
        except NoJournalError:
            return []

    def names(self, episode: str) -> list[str]:
        with Reader(self.path) as reader:
            return [event.name for event in reader.events_of(episode)]

    def events(self, episode: str) -> list[Event]:
        with Reader(self.path) as reader:
            return reader.events_of(episode)

    @property
    def counts(self) -> dict[str, int]:
        with Reader(self.path) as reader:
            return dict(reader.counts())

    @property
    def bytes(self) -> bytes:
        """Every byte on disk: the file, its log, its index."""
        return b"".join(file.read_bytes() for file in sorted(self.path.parent.iterdir()))

    @property
    def is_whole(self) -> bool:
        connection = sqlite3.connect(self.path)
        try:
            return connection.execute("pragma integrity_check").fetchall() == [("ok",)]
        finally:
            connection.close()


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path / "home" / "journal.db", Keep(days=30, megabytes=1))


@pytest.fixture
def book(place: Place) -> Book:
    return Book(place.path)


@pytest.fixture
def writer(place: Place) -> Iterator[Writer]:
    made = Writer(place, wait_s=1.0)
    yield made
    assert made.flush()


def step(action: str = "retry", **changes: Any) -> Step:
    made = Step(action, "it may help", "heuristic", 0.5, Kind.UNAVAILABLE, "page", "us")
    return replace(made, **changes)


def outcome(episode: str, **changes: Any) -> Outcome:
    made = Outcome(
        OutcomeKind.DELIVERED,
        "none",
        "the API answered",
        200,
        (),
        2,
        0,
        "call-1",
        "corr-1",
        episode,
    )
    return replace(made, **changes)


def begun(episode: str, at: datetime = NOON, **changes: Any) -> Event:
    return Event(facts_of(call(**changes), episode), BEGUN, at, {"status": 503})


def stepped(episode: str, at: datetime = NOON, told: Step | None = None, **changes: Any) -> Event:
    data = {"step": told or step(**changes), "status": 503, "elapsed_s": 0.25}
    return Event(facts_of(call(), episode), STEP, at, data)


def ended(episode: str, at: datetime = NOON, told: Outcome | None = None, **changes: Any) -> Event:
    data = {"outcome": told or outcome(episode, **changes)}
    return Event(facts_of(call(), episode), ENDED, at, data)


def whole(episode: str, at: datetime = NOON, **changes: Any) -> list[Event]:
    """A short episode: begun, one step, delivered."""
    second = timedelta(seconds=1)
    return [
        begun(episode, at, **changes), stepped(episode, at), ended(episode, at + second),
    ]  # fmt: skip


@pytest.fixture
def make() -> Any:
    """The builders: `make.whole("ep-1")` and so on."""
    return _Make


class _Make:
    noon = NOON
    step, outcome = staticmethod(step), staticmethod(outcome)
    begun, stepped = staticmethod(begun), staticmethod(stepped)
    ended, whole = staticmethod(ended), staticmethod(whole)


@pytest.fixture
def until() -> Callable[[Callable[[], object]], None]:
    """Look again and again until something is so; for what another process or thread does."""

    def wait(is_so: Callable[[], object], within_s: float = 20.0) -> None:
        pause = threading.Event()
        for _ in range(int(within_s / 0.01)):
            if is_so():
                return
            pause.wait(0.01)
        raise AssertionError("it never came to be")

    return wait
