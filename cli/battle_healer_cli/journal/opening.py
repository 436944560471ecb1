"""The journal in the home, if there is one yet."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from battle_healer.home import home_path
from battle_healer.journal.place import FILE
from battle_healer.journal.reading import Reader
from battle_healer.journal.schema import NoJournalError

NOTHING_YET = "nothing is kept yet: the journal begins with the first call that needs healing"


@contextmanager
def opened() -> Iterator[Reader | None]:
    """Open the journal for reading; None where there is none yet.

    Raises SettingsError, and JournalError for one that cannot be read.
    """
    try:
        reader = Reader(home_path() / FILE)
    except NoJournalError:
        yield None
        return
    with reader:
        yield reader
