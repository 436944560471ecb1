"""The file and the locks beside it; what they must not lie on.

Every SQLite from 3.7.0 to 3.51.2 can lose committed transactions when one connection writes while
another checkpoints. So all writing, checkpointing and closing happens under one exclusive lock of
the operating system on a file beside the database, which dies with its process.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from battle_healer.text import safe
from battle_healer_replay.errors import AddressError, ReadOnlyError, UnavailableError

_PATIENCE_S: Final = 10.0
_STEP_S: Final = 0.002
_NETWORKS: Final = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "virtiofs", "afs", "ceph", "glusterfs",
     "fuse.sshfs", "fuse.glusterfs", "fuse.s3fs", "vboxsf", "lustre", "drvfs"}
)  # fmt: skip
"""File systems on which the locks of SQLite are not to be relied on."""

_MOUNTS: Final = Path("/proc/self/mountinfo")


class FileLock:
    """An exclusive lock on one file, for threads and processes alike."""

    def __init__(self, path: Path) -> None:
        self._path, self._thread_lock = path, threading.Lock()
        self._handle = _opened(path)

    @contextmanager
    def held(self, patience_s: float = _PATIENCE_S) -> Iterator[None]:
        """Hold it during a block. Raises UnavailableError if others hold it all the time."""
        until = time.monotonic() + patience_s
        with self._thread_lock:
            while not _try(self._handle):
                if time.monotonic() > until:
                    raise UnavailableError(
                        f"another process has held the queue for {patience_s:g} s",
                        safe(str(self._path)),
                        "Look whether a process that uses it hangs; nothing was changed.",
                    )
                threading.Event().wait(_STEP_S)
            try:
                yield
            finally:
                _free(self._handle)

    def close(self) -> None:
        """Close the file, which frees the lock."""
        os.close(self._handle)


def hold_name(path: Path) -> Callable[[], None] | None:
    """Lock the file of a worker's name; returns what frees it, None where it is taken."""
    handle = _opened(path)
    if _try(handle):
        return lambda: os.close(handle)
    os.close(handle)
    return None


def _opened(path: Path) -> int:
    try:
        # Not inherited: a child must not keep a lock alive.
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise ReadOnlyError(
            f"the lock file cannot be opened ({type(error).__name__})",
            safe(str(path)),
            "Put the queue into a folder that this user may write.",
        ) from error


def _try(handle: int) -> bool:
    import fcntl  # noqa: PLC0415 -- POSIX only; elsewhere a PostgreSQL queue works

    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _free(handle: int) -> None:
    import fcntl  # noqa: PLC0415 -- as above

    fcntl.flock(handle, fcntl.LOCK_UN)


def refuse_networks(path: Path, mounts: Path = _MOUNTS) -> None:
    """Raise AddressError for a file on a network or shared mount, where SQLite loses data.

    mounts: as proc_pid_mountinfo(5) has it; where the system has none, nothing is known.
    """
    try:
        lines = mounts.read_text("utf-8", "replace").splitlines()
    except OSError:
        return
    kind = _file_system(path.absolute(), lines)
    if kind in _NETWORKS:
        raise AddressError(
            f"it lies on a {kind} mount, where SQLite's locks do not hold",
            safe(str(path)),
            "Name a file on a local disk, or use postgresql://... for many machines.",
        )


def _file_system(path: Path, lines: list[str]) -> str:
    """The type of the file system that holds `path`: of the longest mount point above it."""
    best, kind = -1, ""
    for line in lines:
        before, _, after = line.partition(" - ")
        parts, kinds = before.split(), after.split()
        if len(parts) > 4 and kinds:  # noqa: PLR2004 -- the fifth field is the mount point
            point = Path(parts[4].replace("\\040", " "))
            # A later mount on the same point hides the earlier one.
            if path.is_relative_to(point) and len(point.parts) >= best:
                best, kind = len(point.parts), kinds[0]
    return kind
