"""PostgreSQL as an engine: row locks, one clock, and NOTIFY for news."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from hashlib import blake2b
from typing import Any, Final, TypeVar

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg_pool import ConnectionPool

from battle_healer.text import safe
from battle_healer_replay.engine import Many, Row, Values
from battle_healer_replay.errors import AddressError, UnavailableError
from battle_healer_replay.postgres.news import Herald, PostgresWatch
from battle_healer_replay.postgres.trouble import translated
from battle_healer_replay.schema import migrate

T = TypeVar("T")
_CONNECT_S: Final = 5
_OPTIONS: Final = (
    "-c statement_timeout=30s -c idle_in_transaction_session_timeout=60s -c synchronous_commit=on"
)
_MIGRATION: Final = 0x6865616C  # "heal": the advisory lock of migrations
_PLACE: Final = re.compile(r"(?<![:\w]):(\w+)")
_ONLY_HERE: Final = re.compile(r"/\*pg (.*?)\*/", re.DOTALL)

Connection = psycopg.Connection[Row]


@cache
def _native(statement: str) -> bytes:
    """A statement in the form that psycopg takes."""
    return _PLACE.sub(r"%(\1)s", _ONLY_HERE.sub(r"\1", statement)).encode()


class PostgresSession:
    """A transaction on one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def rows(self, statement: str, values: Values | None = None) -> list[Row]:
        """All rows, of a statement that gives some."""
        cursor = self._connection.execute(_native(statement), values)
        return cursor.fetchall() if cursor.description else []

    def many(self, doing: Many, rows: Sequence[Values]) -> list[Row]:
        """What one statement gives for all rows, in one exchange."""
        return self.rows(doing.together, {"given": json.dumps(rows, default=_hex)}) if rows else []

    def run(self, statement: str, many: Sequence[Values]) -> None:
        """Run it for each set of values, in one exchange."""
        if many:
            with self._connection.cursor() as cursor:
                cursor.executemany(_native(statement), many)


class PostgresEngine:
    """One database. Makes the tables, or brings them up to date.

    Raises AddressError for a URL that means nothing, UnavailableError where nobody answers,
    SchemaError for tables of a newer program.
    """

    def __init__(self, url: str) -> None:
        self._url, self.name = _conninfo(url)
        self._writer: Connection | None = None
        self._herald = Herald(self._url)
        self._pool = ConnectionPool(
            self._url, min_size=0, max_size=4, open=False, timeout=_CONNECT_S,
            # After a restart of the server the old connections are dead: a look must not fail.
            check=ConnectionPool.check_connection, kwargs={"autocommit": True},
        )  # fmt: skip
        self._pool.open()
        try:
            with self.transaction() as session:
                session.rows("select pg_advisory_xact_lock(:id)", {"id": _MIGRATION})
                self.versions = migrate(session, self.name, is_postgres=True)
        except BaseException:
            self.close()
            raise

    @contextmanager
    def transaction(self) -> Iterator[PostgresSession]:
        """A transaction, durable at the end of the block; a lost connection is made anew."""
        with translated(self.name):
            connection = self._writer
            if connection is None or connection.closed:
                connection = self._writer = psycopg.connect(self._url, autocommit=True)
            try:
                with connection.transaction():
                    yield PostgresSession(connection)
            except psycopg.OperationalError:
                # Whatever it was, the next transaction begins on a sound connection.
                connection.close()
                raise

    def read(self, look: Callable[[PostgresSession], T]) -> T:
        """Look at one consistent state."""
        with translated(self.name), self._pool.connection() as connection, connection.transaction():
            connection.execute("set transaction isolation level repeatable read, read only")
            return look(PostgresSession(connection))

    def joined(self, connection: Any) -> PostgresSession:
        """The transaction that the caller has open on this same database."""
        if not isinstance(connection, psycopg.Connection):
            raise _not_this(self.name, type(connection).__name__)
        row = connection.execute("select to_regclass('queue_entries')").fetchone()
        if row is None or row[0] is None:
            raise _not_this(self.name, "a connection to another database")
        return PostgresSession(connection)

    def announce(self) -> None:
        """Let the herald notify, after the commit and apart from it."""
        self._herald.tell()

    def watch(self) -> PostgresWatch:
        """Watch for notifications."""
        return PostgresWatch(self._url)

    def hold(self, name: str) -> Callable[[], None] | None:
        """Lock a worker's name on a connection of its own, which the server frees if it breaks."""
        digest = blake2b(name.encode(), digest_size=8, person=b"healer/worker").digest()
        number = int.from_bytes(digest, "big", signed=True)
        with translated(self.name):
            connection = psycopg.connect(self._url, autocommit=True)
            row = connection.execute("select pg_try_advisory_lock(%s)", (number,)).fetchone()
            if row is not None and row[0]:
                return connection.close
            connection.close()
            return None

    def close(self) -> None:
        """Close every connection."""
        self._herald.close()
        self._pool.close()
        if self._writer is not None:
            self._writer.close()


def _conninfo(url: str) -> tuple[str, str]:
    """The URL with our options, and what people may see of it."""
    try:
        parts = conninfo_to_dict(url)
    except psycopg.ProgrammingError as error:
        # The library's message repeats the URL, and with it the password.
        raise AddressError(
            "it is no PostgreSQL URL", "queue", "Write postgresql://user@host:5432/database."
        ) from error.with_traceback(None)
    given = f"{parts.get('options') or ''} {_OPTIONS}".strip()
    name = safe(f"postgresql://{parts.get('host') or 'localhost'}/{parts.get('dbname') or ''}")
    ours: dict[str, Any] = {"connect_timeout": _CONNECT_S, "application_name": "battle-healer"}
    return make_conninfo(**(ours | parts | {"options": given})), name


def _hex(value: bytes) -> str:
    """Bytes as the text from which PostgreSQL makes a bytea."""
    return "\\x" + value.hex()


def _not_this(name: str, what: str) -> UnavailableError:
    return UnavailableError(
        f"{what} cannot carry an entry of this queue",
        name,
        "Pass the open psycopg connection of the queue's own database.",
    )
