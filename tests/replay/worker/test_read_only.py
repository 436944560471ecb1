"""A file that cannot be written: a clear error, nothing lost, and the worker goes on after it."""

from __future__ import annotations

import logging
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.replay.worker.conftest import rules_for
from tests.support.serving import Api, Said

from battle_healer_replay import Draft, Queue, open_queue
from battle_healer_replay.entry import Payload
from battle_healer_replay.errors import ReadOnlyError
from battle_healer_replay.worker import Options, Worker

if TYPE_CHECKING:
    from tests.replay.conftest import Rig

Charge = Callable[..., Draft]
NOBODY = 65_534
CHARGE = Draft("call-1", "corr-1", "pay", Payload("POST", "https://pay.example/c"), safe=False)


@contextmanager
def by_a_user_who_may_not() -> Iterator[None]:
    """Root may write anything, so be somebody else for a while."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that every user may enter; those of pytest are the owner's only."""
    with tempfile.TemporaryDirectory(prefix="bh-ro-", dir="/tmp") as name:
        yield Path(name)


@pytest.mark.parametrize("kept_from", ["file", "folder"])
def test_a_file_that_may_not_be_written_is_told_and_left_as_it_is(
    folder: Path, kept_from: str
) -> None:
    file = folder / "queue.db"
    with open_queue(f"sqlite:{file}") as queue:
        name = queue.enqueue(CHARGE).id
    before = file.read_bytes()
    file.chmod(0o444)
    file.with_name("queue.db.lock").chmod(0o666 if kept_from == "file" else 0o444)
    folder.chmod(0o777 if kept_from == "file" else 0o555)
    with by_a_user_who_may_not(), pytest.raises(ReadOnlyError, match="cannot be"):  # noqa: SIM117
        with open_queue(f"sqlite:{file}") as queue:  # it may be looked at where locks can be had
            queue.enqueue(replace(CHARGE, call_id="call-2"))
    assert file.read_bytes() == before
    folder.chmod(0o700)
    file.chmod(0o600)
    file.with_name("queue.db.lock").chmod(0o600)
    with open_queue(f"sqlite:{file}") as queue:
        assert [entry.id for entry in queue.entries()] == [name]


def test_a_worker_waits_out_a_file_that_cannot_be_written(
    sqlite_rig: Rig, charge: Charge, caplog: pytest.LogCaptureFixture
) -> None:
    queue = sqlite_rig.queue
    with Api([Said(201, {"id": "c1"})]) as api:
        name = queue.enqueue(charge(sqlite_rig, api.url)).id
        rules = rules_for(api.url)
        _let_write(queue, False)
        with pytest.raises(ReadOnlyError, match="cannot be written"):
            queue.enqueue(sqlite_rig.draft())
        log = logging.getLogger("battle_healer")
        writable_again = _OnWarning(lambda: _let_write(queue, True))
        log.addHandler(writable_again)
        try:
            worker = Worker(queue, lambda payload: rules, options=Options("w1"))
            worker.run(until_empty=True)
        finally:
            log.removeHandler(writable_again)
        assert len(api.seen) == 1
    assert "the queue cannot be used now" in caplog.text
    assert [(entry.id, str(entry.state)) for entry in queue.entries()] == [(name, "succeeded")]


class _OnWarning(logging.Handler):
    """Does something at the first warning, on the thread that warns."""

    def __init__(self, do: Callable[[], None]) -> None:
        super().__init__(logging.WARNING)
        self._do = do

    def emit(self, record: logging.LogRecord) -> None:
        self._do()


def _let_write(queue: Queue, may: bool) -> None:
    """SQLite's own switch: off, it refuses each write as on a file system that is read-only."""
    engine: Any = queue._engine
    engine._writer.execute(f"pragma query_only = {'off' if may else 'on'}")
