"""SQLite's errors as ours."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from battle_healer_replay.errors import (
    ClosedError,
    FullError,
    QueueError,
    ReadOnlyError,
    SchemaError,
    UnavailableError,
)

_MEANINGS: Final[dict[str, tuple[type[QueueError], str, str]]] = {
    "SQLITE_BUSY": (
        UnavailableError, "another process holds it", "Try again; nothing was changed.",
    ),
    "SQLITE_LOCKED": (UnavailableError, "it is locked", "Try again; nothing was changed."),
    "SQLITE_FULL": (FullError, "the disk is full", "Make room; nothing was lost or changed."),
    "SQLITE_READONLY": (
        ReadOnlyError, "it cannot be written", "Let this user write the file and its folder.",
    ),
    "SQLITE_PERM": (ReadOnlyError, "it may not be opened", "Let this user read and write it."),
    "SQLITE_CANTOPEN": (
        UnavailableError, "it cannot be opened", "Look at the folder, its rights and its room.",
    ),
    "SQLITE_NOTADB": (SchemaError, "it is no database", "Name another file."),
    "SQLITE_CORRUPT": (
        SchemaError, "it is damaged", "Keep the file, and recover it with `sqlite3 FILE .recover`.",
    ),
    "SQLITE_IOERR": (
        UnavailableError, "the disk failed", "Look at the system's log; then try again.",
    ),
}  # fmt: skip


@contextmanager
def translated(where: str) -> Iterator[None]:
    """Raise SQLite's errors as errors of ours; those of a wrong statement stay as they are."""
    try:
        yield
    except sqlite3.ProgrammingError as error:
        if "closed" not in str(error):
            raise
        raise ClosedError("it is closed", where, "Open the queue anew.") from error
    except sqlite3.Error as error:
        name = getattr(error, "sqlite_errorname", "") or ""
        # Extended codes are longer: SQLITE_BUSY_SNAPSHOT, SQLITE_IOERR_WRITE.
        row = next((row for code, row in _MEANINGS.items() if name.startswith(code)), None)
        if row is None:
            raise
        kind, what, fix = row
        raise kind(f"{what} ({name})", where, fix) from error
