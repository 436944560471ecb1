"""The tables of the journal file, and how a connection to it is made."""

from __future__ import annotations

import os
import sqlite3
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from battle_healer.errors import JournalError
from battle_healer.text import safe

VERSION: Final = 1
"""Of the tables. A file of a newer one is refused: what it means is not known here."""

_MAGIC: Final = 0x6865616C  # "heal": tells a journal from any other SQLite file

_TABLES: Final = f"""
begin immediate;
pragma application_id = {_MAGIC};
create table episodes (
  seq integer primary key, id text not null unique, began real not null, ended real,
  call text not null, correlation_id text not null, tenant text not null, provider text not null,
  region text not null, endpoint text not null, method text not null,
  outcome text, effect text, status integer, requests integer, reason text,
  more integer not null default 0);
create index episodes_began on episodes (began);
create table events (
  seq integer primary key autoincrement, episode text not null, at real not null,
  name text not null, data text not null);
create index events_episode on events (episode, seq);
create index events_at on events (at);
create table counts (name text primary key, n integer not null) without rowid;
pragma user_version = {VERSION};
commit;
"""

_WAL_PAGES: Final = 256
_WAL_BYTES: Final = 1_048_576


class NoJournalError(JournalError):
    """There is no journal at that path, or it is being made at this moment."""


def connect_to_write(path: Path, wait_s: float) -> sqlite3.Connection:
    """Open the journal at `path` for writing, and make it if it is not there.

    Whoever calls holds the lock. wait_s: for a reader that is in the way. Raises JournalError for
    a file that is no journal or a newer one, sqlite3.Error, OSError.
    """
    # Never opened otherwise once it exists: closing it again would drop SQLite's own locks on it.
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    connection = sqlite3.connect(path, timeout=wait_s, isolation_level=None)
    try:
        if _is_empty(connection):
            connection.execute("pragma auto_vacuum = incremental")
            _to_wal(connection)
            connection.executescript(_TABLES)
        else:
            check(connection, path)
            _to_wal(connection)
        # A kill loses nothing with it; a power cut may lose the last steps, and no disk waits.
        connection.execute("pragma synchronous = normal")
        connection.execute(f"pragma wal_autocheckpoint = {_WAL_PAGES}")
        connection.execute(f"pragma journal_size_limit = {_WAL_BYTES}")
    except BaseException:
        connection.close()
        raise
    return connection


def connect_to_read(path: Path, wait_s: float) -> sqlite3.Connection:
    """Open the journal at `path` beside whoever writes it.

    Raises NoJournalError, and what `connect_to_write` raises.
    """
    nothing = NoJournalError("no journal is kept there yet", safe(str(path)), "Make a call first.")
    if not path.exists():
        raise nothing
    uri = f"{path.absolute().as_uri()}?mode=ro"
    connection = sqlite3.connect(uri, uri=True, timeout=wait_s, isolation_level=None)
    try:
        connection.execute("pragma wal_autocheckpoint = 0")
        if _is_empty(connection):
            raise nothing
        check(connection, path)
    except BaseException:
        connection.close()
        raise
    return connection


def probe(path: Path, wait_s: float) -> str:
    """Try whether the journal at `path` can be written, and change nothing in it.

    Whoever calls holds the lock. Returns how a commit reaches the disk; raises as
    `connect_to_write` does.
    """
    connection = connect_to_write(path, wait_s)
    try:
        connection.execute("begin immediate")
        connection.execute("rollback")
        return _SYNCHRONOUS[pragma(connection, "synchronous")]
    finally:
        connection.close()


_SYNCHRONOUS: Final = ("off", "normal", "full", "extra")


def check(connection: sqlite3.Connection, path: Path) -> None:
    """Raise JournalError for a file that is no journal, or one of a newer version."""
    if pragma(connection, "application_id") != _MAGIC:
        raise JournalError("the file is no journal of healer", safe(str(path)), "Move it away.")
    version = pragma(connection, "user_version")
    if version > VERSION:
        raise JournalError(
            f"the journal is of version {version}, and this healer knows {VERSION}",
            safe(str(path)),
            "Use the newer healer, or remove the journal with `healer home --clear`.",
        )


def pragma(connection: sqlite3.Connection, name: str) -> Any:
    """Return the value of a pragma."""
    return connection.execute(f"pragma {name}").fetchone()[0]


def _is_empty(connection: sqlite3.Connection) -> bool:
    return not connection.execute("select name from sqlite_master limit 1").fetchall()


def _to_wal(connection: sqlite3.Connection) -> None:
    connection.execute("pragma journal_mode = wal")
