"""What PostgreSQL is told of our columns is what its tables have."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from battle_healer_replay.rows import ATTEMPT, ENTRY, PAYLOAD, given

if TYPE_CHECKING:
    from tests.replay.conftest import Rig

TYPES = "select column_name, data_type from information_schema.columns where table_name = :table"


@pytest.mark.parametrize(
    ("table", "names"),
    [("queue_entries", ENTRY), ("queue_payloads", PAYLOAD), ("queue_attempts", ATTEMPT)],
)
def test_rows_are_given_with_the_types_of_their_columns(
    postgres_rig: Rig, table: str, names: tuple[str, ...]
) -> None:
    engine = postgres_rig.open()
    types: dict[str, str] = dict(engine.read(lambda session: session.rows(TYPES, {"table": table})))
    engine.close()
    (columns,) = re.findall(r" as given \((.*)\)", given(names))
    said = dict(column.split(" ", 1) for column in columns.split(", "))
    assert said == {name: types[name] for name in names}
