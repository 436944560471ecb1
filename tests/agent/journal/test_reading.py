"""Reading beside whoever writes: filters, order, and what is asked for twice."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from battle_healer.journal.file import JournalFile
from battle_healer.journal.place import Place
from battle_healer.journal.reading import Reader, Spent, Wanted
from battle_healer.journal.schema import NoJournalError
from battle_healer.model import Asked, OutcomeKind


@pytest.fixture
def reader(place: Place, make: Any) -> Iterator[Reader]:
    """Four episodes an hour apart, of which the last is open, while their writer is at work."""
    file = JournalFile(place)
    hour = timedelta(hours=1)
    file.write(make.whole("ep-a", make.noon, correlation_id="c-1"), {("clean", ""): 7})
    file.write(make.whole("ep-b", make.noon + hour, correlation_id="c-2"), {})
    failed = make.ended("ep-c", make.noon + 2 * hour, kind=OutcomeKind.FAILED)
    file.write([make.begun("ep-c", make.noon + 2 * hour, correlation_id="c-1"), failed], {})
    file.write([make.begun("ep-d", make.noon + 3 * hour)], {})
    with Reader(place.path) as opened:
        yield opened
    file.close()


def names(reader: Reader, limit: int = 100, **wanted: Any) -> list[str]:
    return [row.of.episode for row in reader.episodes(Wanted(**wanted), limit)]


def test_the_newest_come_first(reader: Reader) -> None:
    assert names(reader) == ["ep-d", "ep-c", "ep-b", "ep-a"]
    assert names(reader, 2) == ["ep-d", "ep-c"]


def test_episodes_are_found_by_what_is_known_of_them(reader: Reader, make: Any) -> None:
    assert names(reader, outcome="delivered") == ["ep-b", "ep-a"]
    assert names(reader, outcome="failed") == ["ep-c"]
    assert names(reader, outcome="open") == ["ep-d"]
    assert names(reader, correlation_id="c-1") == ["ep-c", "ep-a"]
    assert names(reader, provider="pay") == ["ep-d", "ep-c", "ep-b", "ep-a"]
    assert names(reader, provider="other") == []
    assert names(reader, since=make.noon + timedelta(hours=2)) == ["ep-d", "ep-c"]
    assert names(reader, id="-b") == ["ep-b"]
    assert names(reader, outcome="failed", correlation_id="c-2") == []


def test_what_people_type_is_a_value_and_never_a_statement(reader: Reader) -> None:
    assert names(reader, correlation_id="' or 1=1 --") == []
    assert names(reader, id="%") == []


def test_events_are_read_from_the_end_and_onward(reader: Reader) -> None:
    newest = reader.newest(None, 3)
    assert [event.name for _, event in newest] == ["EPISODE_BEGUN", "EPISODE", "EPISODE_BEGUN"]
    assert [event.of.episode for _, event in newest] == ["ep-c", "ep-c", "ep-d"]
    seen = newest[0][0]
    assert [number for number, _ in reader.after(seen, None, 100)] == [seen + 1, seen + 2]
    assert len(reader.newest("c-1", 100)) == 5
    assert [event.of.episode for _, event in reader.after(seen, "c-1", 100)] == ["ep-c"]
    assert reader.newest_number() == seen + 2


def test_counts_and_size(reader: Reader) -> None:
    assert reader.counts() == {"clean": 7}
    assert reader.size() == 4


def test_a_reader_sees_what_is_written_meanwhile_and_cannot_write(
    reader: Reader, place: Place, make: Any
) -> None:
    other = JournalFile(place)
    other.write(make.whole("ep-e", make.noon + timedelta(hours=9)), {})
    other.close()
    assert names(reader, 1) == ["ep-e"]
    with pytest.raises(Exception, match="readonly"):
        reader._connection.execute("delete from episodes")


def test_no_journal_is_told_apart_from_one_that_cannot_be_read(place: Place) -> None:
    with pytest.raises(NoJournalError):
        Reader(place.path)
    assert not place.path.parent.exists()


def test_what_was_spent_on_models_counts_each_question_once(place: Place, make: Any) -> None:
    def asked(at: Any, calls: int, tokens: int | None) -> Any:
        told = make.step(asked=Asked("gemini", "ranked", "ours", (), calls, "", tokens))
        return make.stepped("ep-a", at, told)

    file = JournalFile(place)
    day = timedelta(days=1)
    steps = [asked(make.noon, 1, 400), asked(make.noon, 1, 0), asked(make.noon, 1, None)]
    before = asked(make.noon - day, 1, 9999)
    file.write([make.begun("ep-a", make.noon - day), before, *steps], {})
    file.write([make.stepped("ep-a", make.noon)], {})
    with Reader(place.path) as reader:
        assert reader.spent(make.noon) == Spent(calls=2, tokens=400)
        assert reader.spent(make.noon + day) == Spent(calls=0, tokens=0)
    file.close()


def test_the_newest_of_a_name_is_found(reader: Reader) -> None:
    newest = reader.last("EPISODE_BEGUN")
    assert newest is not None
    assert newest.of.episode == "ep-d"
    assert reader.last("PLANNER_SILENT") is None
