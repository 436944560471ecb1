"""What a claim reads, by the plans of the databases themselves: what is due, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from battle_healer_replay.engine import Session
from battle_healer_replay.operations.claim import LANES, PICK
from battle_healer_replay.rows import ENTRY, columns

if TYPE_CHECKING:
    from tests.replay.conftest import Rig

FINISHED, BACKED_OFF = 20_000, 2_000
DAY_MS = 86_400_000
COPY = """
insert into queue_entries ({}) with recursive number (n) as
  (select 1 union all select n + 1 from number where n < {})
select {} from queue_entries, number where id = :id"""


def copied(session: Session, entry_id: str, n: int, **changed: str) -> None:
    """So many more rows like this one, but for what is changed."""
    values = {name: name for name in ENTRY} | changed
    session.rows(COPY.format(columns(ENTRY), n, ", ".join(values.values())), {"id": entry_id})


@pytest.fixture
def crowded(rig: Rig) -> Rig:
    """One entry that is due, behind many that have ended and many that wait."""
    name = rig.keep()
    engine = rig.open()
    with engine.transaction() as session:
        copied(
            session, name, FINISHED,
            id="'ended-' || n", state="'succeeded'", ended_ms="created_ms", expires_ms="null",
        )  # fmt: skip
        copied(session, name, BACKED_OFF, id="'later-' || n", due_ms=f"due_ms + n + {DAY_MS}")
        session.rows("analyze")
    engine.close()
    return rig


def plan(rig: Rig, statement: str, values: dict[str, Any]) -> str:
    engine = rig.open()
    word = "explain query plan" if rig.url.startswith("sqlite:") else "explain"
    with engine.transaction() as session:
        lines = session.rows(f"{word} {statement}", values)
    engine.close()
    return "\n".join(str(line[-1]) for line in lines)


def test_what_is_due_is_read_in_order_from_its_index(crowded: Rig) -> None:
    lane = {"tenant": "default", "queue": "default", "destination": "pay", "priority": "normal"}
    told = plan(crowded, PICK, lane | {"now": 2 * DAY_MS, "n": 10})
    assert "queue_entries_due" in told
    assert not any(word in told for word in ("SCAN queue_entries", "TEMP B-TREE", "Seq", "Sort"))


def test_the_first_due_of_a_lane_is_one_step_into_its_index(crowded: Rig) -> None:
    told = plan(crowded, LANES, {"now": 2 * DAY_MS})
    assert told.count("queue_entries_due") == 3, "one for each class"
    assert not any(word in told for word in ("SCAN e", "Seq Scan on queue_entries"))


def test_what_waits_or_has_ended_is_in_nobodys_way(crowded: Rig) -> None:
    assert [claim.entry.destination for claim in crowded.claim()] == ["pay"]
    assert crowded.claim() == ()
