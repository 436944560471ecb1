"""A file that an older program filled goes on with all that it held."""

from __future__ import annotations

import sqlite3
from functools import partial
from pathlib import Path

import pytest

from battle_healer_replay import Draft, Payload, open_queue
from battle_healer_replay.entry import State
from battle_healer_replay.operations.claim import Wish
from battle_healer_replay.schema import MIGRATIONS, migrate
from battle_healer_replay.transitions import Event

KEYED = ("queue_entries", "queue_payloads", "queue_attempts")


def draft(number: int) -> Draft:
    payload = Payload("POST", "https://pay.example/charges", body=b"x" * 5000, key=f"k{number}")
    return Draft(f"call-{number}", f"corr-{number}", "pay", payload, safe=True, key=f"k{number}")


def shape(path: Path) -> dict[str, str]:
    """Every table and index of ours, as it was created."""
    with sqlite3.connect(path) as connection:
        rows = connection.execute("select name, sql from sqlite_master where sql is not null")
        return {name: " ".join(sql.replace('"', "").split()) for name, sql in rows}


def test_a_file_of_an_older_program_keeps_its_entries_and_their_stories(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "queue.db"
    with monkeypatch.context() as patch:
        older = partial(migrate, migrations=MIGRATIONS[:2])
        patch.setattr("battle_healer_replay.sqlite.engine.migrate", older)
        with open_queue(f"sqlite:{path}") as queue:
            ended, waiting = (queue.enqueue(draft(number)).id for number in (1, 2))
            (claim,) = queue.claim(Wish("w1", 30.0, 1)).claims
            queue.record(Event("succeed", ended, fence=claim.entry.fence))
            stories = [queue.story(name) for name in (ended, waiting)]

    with open_queue(f"sqlite:{path}") as queue:
        assert queue.versions == (2, MIGRATIONS[-1].version)
        assert [queue.story(name) for name in (ended, waiting)] == stories
        assert not queue.enqueue(draft(1)).is_new
        (claim,) = queue.claim(Wish("w1", 30.0, 9)).claims
        assert (claim.entry.id, claim.payload.body) == (waiting, b"x" * 5000)
        queue.record(Event("succeed", waiting, fence=claim.entry.fence))
        assert queue.story(waiting).entry.state is State.SUCCEEDED


def test_an_old_file_and_a_new_one_end_with_the_same_tables(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = tmp_path / "old.db", tmp_path / "new.db"
    with monkeypatch.context() as patch:
        older = partial(migrate, migrations=MIGRATIONS[:2])
        patch.setattr("battle_healer_replay.sqlite.engine.migrate", older)
        open_queue(f"sqlite:{old}").close()
    before = shape(old)
    for path in (old, new):
        open_queue(f"sqlite:{path}").close()
    assert shape(old) == shape(new)
    assert shape(new).keys() == before.keys()
    assert {n for n, sql in shape(new).items() if sql.endswith("without rowid")} == set(KEYED)
