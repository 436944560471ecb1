"""What a queue does about files, tables and locks that are not as they should be."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import TYPE_CHECKING

import pytest
from tests.support.postgres import url_of

from battle_healer_replay import open_queue
from battle_healer_replay.errors import AddressError, SchemaError, UnavailableError
from battle_healer_replay.schema import MIGRATIONS
from battle_healer_replay.sqlite.files import FileLock, refuse_networks

if TYPE_CHECKING:
    from tests.replay.conftest import Rig

MOUNTS = """\
22 1 8:1 / / rw - ext4 /dev/vda rw
40 22 0:40 / /mnt/share rw - {} server:/x rw
41 40 8:2 / /mnt/share/local rw - ext4 /dev/vdb rw
"""


def test_tables_of_a_newer_program_are_refused_and_left_as_they_are(rig: Rig) -> None:
    name = rig.keep()
    engine = rig.open()
    with engine.transaction() as session:
        session.run("insert into queue_meta (version, at_ms) values (:v, 0)", [{"v": 99}])
    engine.close()
    with pytest.raises(SchemaError, match="have version 99, this program knows"):
        rig.open()
    assert rig.state(name) == ("queued", None)


def test_processes_that_migrate_at_once_do_it_once(postgres_url: str, tmp_path: Path) -> None:
    for url in (f"sqlite:{tmp_path / 'queue.db'}", url_of(postgres_url)):
        start = Barrier(6)

        def opened(where: str, start: Barrier = start) -> tuple[int, int]:
            start.wait()
            with open_queue(where) as queue:
                return queue.versions

        with ThreadPoolExecutor(6) as pool:
            versions = list(pool.map(opened, [url] * 6))
        newest = len(MIGRATIONS)
        assert sorted(before for before, _ in versions) == [0, *[newest] * 5]


@pytest.mark.parametrize("kind", ["nfs4", "cifs", "fuse.sshfs", "9p"])
def test_a_file_on_a_network_mount_is_refused_by_name(tmp_path: Path, kind: str) -> None:
    mounts = tmp_path / "mountinfo"
    mounts.write_text(MOUNTS.format(kind))
    with pytest.raises(AddressError, match=f"on a {kind} mount"):
        refuse_networks(Path("/mnt/share/queue.db"), mounts)
    refuse_networks(Path("/mnt/share/local/queue.db"), mounts)
    refuse_networks(Path("/mnt/sharer/queue.db"), mounts)


def test_a_file_that_is_no_database_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("remember the milk")
    with pytest.raises(SchemaError, match="no SQLite database"):
        open_queue(f"sqlite:{file}")
    assert file.read_text() == "remember the milk"


def test_a_lock_that_another_holds_is_waited_for_and_then_told(tmp_path: Path) -> None:
    mine, other = FileLock(tmp_path / "lock"), FileLock(tmp_path / "lock")
    with other.held(), pytest.raises(UnavailableError, match="another process"), mine.held(0.05):
        pass
    with mine.held(0.05):
        pass
    mine.close()
    other.close()
