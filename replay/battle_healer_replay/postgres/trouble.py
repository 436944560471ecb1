"""PostgreSQL's errors as ours."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import psycopg
from psycopg_pool import PoolClosed, PoolTimeout

from battle_healer_replay.errors import (
    ClosedError,
    FullError,
    QueueError,
    ReadOnlyError,
    UnavailableError,
)

_DISK_FULL: Final = "53100"
_READ_ONLY: Final = "25006"
_MAY_NOT: Final = "42501"
_SERIALIZATION: Final = ("40001", "40P01")


@contextmanager
def translated(where: str) -> Iterator[None]:
    """Raise PostgreSQL's errors as errors of ours; those of a wrong statement stay as they are."""
    try:
        yield
    except PoolClosed as error:
        raise ClosedError("it is closed", where, "Open the queue anew.") from error
    except (psycopg.OperationalError, psycopg.InternalError, PoolTimeout) as error:
        raise _meaning(error, where) from error
    except psycopg.ProgrammingError as error:
        if error.sqlstate != _MAY_NOT:
            raise
        raise ReadOnlyError(
            "this user may not write there", where, "Grant it the tables, or use another user."
        ) from error


def _meaning(error: psycopg.Error, where: str) -> QueueError:
    """What it means. The server's own words stay out: they may repeat what was bound."""
    state = error.sqlstate or "connection"
    if state == _DISK_FULL:
        return FullError(
            f"its disk is full ({state})", where, "Make room; nothing was lost or changed."
        )
    if state == _READ_ONLY:
        return ReadOnlyError(
            f"it is read-only ({state})", where, "Name the primary: this is a replica."
        )
    if state in _SERIALIZATION:
        return UnavailableError(
            f"it was interrupted by another ({state})", where, "Try again; nothing was changed."
        )
    return UnavailableError(
        f"it does not answer ({state})",
        where,
        "Try again once it is up; what was handed in may have been kept, and is kept only once.",
    )
