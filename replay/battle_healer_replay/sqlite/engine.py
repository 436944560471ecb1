"""SQLite as an engine: one connection writes, others read, and news is seen in the file."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, TypeVar
from urllib.parse import quote

from battle_healer.text import safe
from battle_healer_replay.engine import Many, Row, Values
from battle_healer_replay.errors import AddressError, SchemaError, UnavailableError
from battle_healer_replay.schema import migrate
from battle_healer_replay.sqlite.files import FileLock, hold_name, refuse_networks
from battle_healer_replay.sqlite.trouble import translated

T = TypeVar("T")
_BUSY_MS: Final = 10_000
_LOG_BYTES: Final = 64 * 1024 * 1024
_LOOK_S: Final = 0.025  # a look costs 4 microseconds
_FULL: Final = 2  # PRAGMA synchronous: an acknowledged commit survives a power cut


def wall_ms() -> int:
    """The machine's clock, which is SQLite's: milliseconds since 1970."""
    return time.time_ns() // 1_000_000


class SqliteSession:
    """A transaction on one connection."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def rows(self, statement: str, values: Values | None = None) -> list[Row]:
        """All rows at once: an open cursor would keep the log from being cut."""
        return self._connection.execute(statement, values or {}).fetchall()

    def many(self, doing: Many, rows: Sequence[Values]) -> list[Row]:
        """What the statements give for each row, one after the other."""
        first, *rest = doing.each
        execute = self._connection.execute
        found: list[Row] = []
        for values in rows:
            got = execute(first, values).fetchall()
            if got:
                found += got
                for statement in rest:
                    execute(statement, values)
        return found

    def run(self, statement: str, many: Sequence[Values]) -> None:
        """Run it for each set of values."""
        self._connection.executemany(statement, many)


class SqliteEngine:
    """One file. Makes it and its tables, or brings them up to date.

    clock: milliseconds since 1970; tests move it. Raises AddressError for a file that must not be
    a queue, SchemaError for one that is something else, ReadOnlyError, UnavailableError.
    """

    def __init__(self, path: Path, clock: Callable[[], int] = wall_ms) -> None:
        self._path, self._clock = path.absolute(), clock
        self.name = f"sqlite:{safe(str(path))}"
        _check(self._path)
        self._lock = FileLock(self._path.with_name(self._path.name + ".lock"))
        self._readers = threading.local()
        self._opened: list[sqlite3.Connection] = []
        self._open_lock = threading.Lock()
        with translated(self.name), self._lock.held():
            self._writer = self._open_writer()
        try:
            with self.transaction() as session:
                self.versions = migrate(session, self.name, is_postgres=False)
        except BaseException:
            self.close()
            raise

    @contextmanager
    def transaction(self) -> Iterator[SqliteSession]:
        """A transaction, durable at the end of the block."""
        with translated(self.name), self._lock.held():
            self._writer.execute("begin immediate")
            try:
                yield SqliteSession(self._writer)
                self._writer.execute("commit")
            except BaseException:
                if self._writer.in_transaction:
                    self._writer.execute("rollback")
                raise

    def read(self, look: Callable[[SqliteSession], T]) -> T:
        """Look at one consistent state."""
        with translated(self.name):
            connection = self._reader()
            connection.execute("begin")
            try:
                return look(SqliteSession(connection))
            finally:
                connection.execute("rollback")

    def joined(self, connection: Any) -> SqliteSession:
        """The transaction that the caller has open on this same file."""
        if not isinstance(connection, sqlite3.Connection):
            raise _not_this(self.name, type(connection).__name__)
        files = {Path(row[2]).resolve() for row in connection.execute("pragma database_list")}
        if self._path.resolve() not in files:
            raise _not_this(self.name, "a connection to another file")
        # Its commit is not under our lock, so it must not checkpoint: see `files`.
        connection.execute("pragma wal_autocheckpoint = 0")
        connection.create_function("queue_now_ms", 0, self._clock)
        return SqliteSession(connection)

    def announce(self) -> None:
        """Nothing to do: other processes look at the file."""

    def watch(self) -> SqliteWatch:
        """Watch the file, and this process."""
        return SqliteWatch(self._connect("ro"), self.name)

    def hold(self, name: str) -> Callable[[], None] | None:
        """Lock a worker's name by a file beside the queue."""
        return hold_name(self._path.with_name(f"{self._path.name}.{quote(name, safe='')}.worker"))

    def close(self) -> None:
        """Close every connection; the last one of all processes cuts the log, under the lock."""
        with self._open_lock:
            for reader in self._opened:
                reader.close()
            self._opened.clear()
        with translated(self.name), self._lock.held():
            self._writer.close()
        self._lock.close()

    def _open_writer(self) -> sqlite3.Connection:
        connection = self._connect("rwc")
        connection.execute("pragma journal_mode = wal")
        connection.execute("pragma synchronous = full")
        connection.execute("pragma fullfsync = on")
        connection.execute(f"pragma journal_size_limit = {_LOG_BYTES}")
        mode = connection.execute("pragma journal_mode").fetchone()[0]
        level = connection.execute("pragma synchronous").fetchone()[0]
        if (mode, level) != ("wal", _FULL):
            raise UnavailableError(
                f"SQLite keeps journal_mode={mode}, synchronous={level}",
                self.name,
                "Name a file on a local disk; without a durable log nothing may be promised.",
            )
        return connection

    def _reader(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._readers, "connection", None)
        if connection is None:
            connection = self._readers.connection = self._connect("ro")
            with self._open_lock:
                self._opened.append(connection)
        return connection

    def _connect(self, mode: str) -> sqlite3.Connection:
        connection = sqlite3.connect(
            f"file:{quote(str(self._path))}?mode={mode}",
            uri=True,
            timeout=_BUSY_MS / 1000,
            isolation_level=None,  # transactions begin where we say so
            check_same_thread=False,
        )
        connection.create_function("queue_now_ms", 0, self._clock)
        if mode == "ro":
            connection.execute("pragma wal_autocheckpoint = 0")
        return connection


class SqliteWatch:
    """Looks at the file's version; a commit of any process changes it."""

    def __init__(self, connection: sqlite3.Connection, name: str) -> None:
        self._connection, self._name = connection, name
        self._woken = threading.Event()
        self._seen = self._version()

    def wait(self, seconds: float) -> bool:
        """Let at most `seconds` pass; True once something was committed, or `wake` was called."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            if self._woken.wait(min(left, _LOOK_S)):
                self._woken.clear()
                return True
            if (version := self._version()) != self._seen:
                self._seen = version
                return True
        return False

    def wake(self) -> None:
        """End the wait at once."""
        self._woken.set()

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def _version(self) -> int:
        with translated(self._name):
            return int(self._connection.execute("pragma data_version").fetchone()[0])


def _check(path: Path) -> None:
    if path.is_dir() or not path.parent.is_dir():
        raise AddressError(
            "no file can be there", safe(str(path)), "Name a file in a folder that exists."
        )
    refuse_networks(path)
    try:
        with path.open("rb") as file:
            head = file.read(16)
    except OSError:
        return  # not there yet, or not readable: opening it tells
    if head and head != b"SQLite format 3\x00":
        raise SchemaError(
            "it is no SQLite database", safe(str(path)), "Name another file; it was left as it is."
        )


def _not_this(name: str, what: str) -> UnavailableError:
    return UnavailableError(
        f"{what} cannot carry an entry of this queue",
        name,
        "Pass the open connection of the queue's own database.",
    )
