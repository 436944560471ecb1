"""Files read together with the mark that tells whether they have changed since."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Stamp:
    """One state of one file. changed_ns: its time of change, as the file system tells it."""

    path: Path
    changed_ns: int
    size_bytes: int
    inode: int

    def is_current(self) -> bool:
        """Whether the file is still in this state; a file that is gone is not."""
        try:
            return self == _stamp(self.path, self.path.stat())
        except OSError:
            return False


def read_stamped(path: Path, most_bytes: int) -> tuple[bytes, Stamp]:
    """Content, at most one byte more than `most_bytes`, and its stamp. Raises OSError.

    The stamp is taken before the content: a change in between is then seen as one.
    """
    with path.open("rb") as file:
        stamp = _stamp(path, os.fstat(file.fileno()))
        return file.read(most_bytes + 1), stamp


def _stamp(path: Path, facts: os.stat_result) -> Stamp:
    return Stamp(path, facts.st_mtime_ns, facts.st_size, facts.st_ino)
