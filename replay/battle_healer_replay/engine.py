"""What the queue needs of a database: transactions, news, and locks on names. No rules.

Statements are written once, with `:name` for a value; what stands in `/*pg ... */` is for
PostgreSQL only, since for SQLite it is a comment.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

T = TypeVar("T")
Row = tuple[Any, ...]
Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Many:
    """One thing that is done for many rows, in the way that costs each database least.

    each: for SQLite, which has no exchanges to save: statements for one row's values; those after
    the first run where the first has given a row. together: for PostgreSQL: one statement for all,
    which reads them as JSON from `:given` (`rows.given`).
    """

    each: tuple[str, ...]
    together: str


class Session(Protocol):
    """One open transaction."""

    def rows(self, statement: str, values: Values | None = None) -> list[Row]:
        """All rows that a statement gives."""
        ...

    def many(self, doing: Many, rows: Sequence[Values]) -> list[Row]:
        """All rows that it gives for these, in no particular order."""
        ...

    def run(self, statement: str, many: Sequence[Values]) -> None:
        """Run a statement that gives no rows, once for each set of values."""
        ...


class Watch(Protocol):
    """Tells that the queue has changed, in this process or another."""

    def wait(self, seconds: float) -> bool:
        """Let at most `seconds` pass; True as soon as there may be something new."""
        ...

    def wake(self) -> None:
        """End the present or the next wait at once; from any thread."""
        ...

    def close(self) -> None:
        """Give back what the watch holds."""
        ...


class Engine(Protocol):
    """One database. `name` is safe to print. Raises the errors of `errors.py`, no others."""

    @property
    def name(self) -> str:
        """What people call it, without secrets."""
        ...

    @property
    def versions(self) -> tuple[int, int]:
        """The version of the tables before this was opened, and now."""
        ...

    def transaction(self) -> AbstractContextManager[Session]:
        """A transaction that is durable once the block has ended. One at a time, one thread."""
        ...

    def read(self, look: Callable[[Session], T]) -> T:
        """Look at one consistent state; from any thread."""
        ...

    def joined(self, connection: Any) -> Session:
        """The transaction that a caller has open on a connection of its own.

        Raises UnavailableError for a connection that is not to this database.
        """
        ...

    def announce(self) -> None:
        """Tell other processes soon that there is news; does not wait for it.

        Never raises: their own polls cover a loss.
        """
        ...

    def watch(self) -> Watch:
        """Watch for news."""
        ...

    def hold(self, name: str) -> Callable[[], None] | None:
        """Take the lock on a worker's name; returns what frees it, None where it is taken.

        It is freed by the operating system, or by the server, when the process dies.
        """
        ...

    def close(self) -> None:
        """Close every connection."""
        ...
