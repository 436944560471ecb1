import logging

import pytest
from tests.support.building import FixedClock, call, destination, endpoint

from battle_healer.commands import Note
from battle_healer.journal import Journal
from battle_healer.model import Kind, Outcome, OutcomeKind, Step

HOSTILE = "\x1b[31mred\n" + "x" * 9000


def step(kind: Kind = Kind.UNAVAILABLE, action: str = "retry", reason: str = "r") -> Step:
    return Step(action, reason, "heuristic", 0.0, kind, "generic")


def outcome(name: str = "ep-1", *steps: Step, **changes: object) -> Outcome:
    given = {
        "kind": OutcomeKind.DELIVERED,
        "effect": "none",
        "reason": "the API answered",
        "steps": steps or (step(),),
        "requests": 2,
        "episode": name,
        "destination": "pay",
        "endpoint": "charge",
        "region": "us",
    }
    return Outcome(**given | changes)  # type: ignore[arg-type] # built by keyword


def refusal(name: str, endpoint: str = "charge") -> Outcome:
    said = step(Kind.INVALID_REQUEST, "abort")
    return outcome(name, said, kind=OutcomeKind.FAILED, requests=1, status=422, endpoint=endpoint)


def test_the_newest_episodes_are_kept_oldest_first() -> None:
    journal = Journal(FixedClock(), 3)
    for n in range(5):
        journal.record(call(), outcome(f"ep-{n}"))
    assert [episode.id for episode in journal.episodes] == ["ep-2", "ep-3", "ep-4"]
    assert journal.episodes[0].method == "GET"


def test_i2_no_body_and_i7_no_escape_is_kept() -> None:
    journal = Journal(FixedClock(), 3)
    said = step(reason=HOSTILE)
    journal.record(call(), outcome("ep-1", said, reason=HOSTILE, original=b"private"))
    kept = journal.episodes[0].outcome
    assert kept.original is None
    for text in (kept.reason, kept.steps[0].reason):
        assert text.isprintable()
        assert len(text) <= 500


def test_the_same_refusal_is_kept_once_a_minute() -> None:
    clock = FixedClock()
    journal = Journal(clock, 10)
    journal.record(call(), refusal("ep-1"))
    clock.time += 59
    journal.record(call(), refusal("ep-2"))
    journal.record(call(), refusal("ep-3", endpoint="refund"))
    clock.time += 2
    journal.record(call(), refusal("ep-4"))
    assert [episode.id for episode in journal.episodes] == ["ep-1", "ep-3", "ep-4"]


def test_the_hook_hears_each_event_with_the_facts_that_all_carry() -> None:
    heard: list[Note] = []
    journal = Journal(FixedClock(), 3, heard.append)
    it = call(at=destination(endpoints=(endpoint(match="GET /charges"),)))
    journal.note(it, Note("STEP", {"step": 1}))
    journal.record(it, outcome())
    assert [note.name for note in heard] == ["STEP", "EPISODE"]
    for note in heard:
        assert note.data["correlation_id"] == "corr-1"
        assert note.data["provider"] == "pay"
        assert note.data["region"] == "us"
        assert note.data["endpoint"] == "charge"
    assert heard[0].data["step"] == 1


def test_a_hook_that_fails_hurts_nobody_and_is_told_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def broken(note: Note) -> None:
        raise RuntimeError("mine")

    journal = Journal(FixedClock(), 3, broken)
    with caplog.at_level(logging.WARNING, "battle_healer"):
        journal.note(call(), Note("STEP"))
        journal.record(call(), outcome())
    assert len(caplog.records) == 1
    assert len(journal.episodes) == 1
