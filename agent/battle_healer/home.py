"""The one folder that holds all state of a user: HEALER_HOME, else the platform's data folder."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from battle_healer.errors import SettingsError
from battle_healer.text import safe

MARK: Final = "healer-home.txt"
"""The file that tells our folder from any other; without it nothing is ever removed."""

_MARK_TEXT: Final = (
    "State of battle-healer. `healer home` shows it, `healer home --clear` removes it.\n"
)

STATE_FILES: Final = ("journal.db", "queue.db", "console.db", "state.db")
"""Every file that is kept here; SQLite puts companions beside each."""

_COMPANIONS: Final = ("", "-wal", "-shm", "-journal", ".lock")


def home_path() -> Path:
    """Where the state lives, whether it exists or not. Raises SettingsError."""
    from battle_healer.settings import load_settings  # noqa: PLC0415 -- opens pydantic

    named = load_settings().home
    if named is not None:
        return named.expanduser().absolute()
    from platformdirs import user_data_path  # noqa: PLC0415 -- only without the setting

    return user_data_path("battle-healer", appauthor=False)


def open_home(path: Path | None = None) -> Path:
    """Return the folder, made if need be, readable by its owner alone. Raises SettingsError.

    path: the home as it was named; None for what the settings say now. A folder that holds other
    things already is refused: it could not be cleared again.
    """
    path = path or home_path()
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not _is_home(path):
            if any(path.iterdir()):
                raise _refusal(path, "the folder holds other things")
            (path / MARK).write_text(_MARK_TEXT, "utf-8")
    except OSError as error:
        raise _refusal(path, f"the folder cannot be used ({type(error).__name__})") from error
    return path


def describe() -> list[tuple[Path, int]]:
    """Our files in the home and their sizes in bytes, by name; empty where there is no home."""
    path = home_path()
    return [(file, file.lstat().st_size) for file in _files(path)] if _is_home(path) else []


def clear() -> tuple[Path, ...]:
    """Remove our files, and the folder if nothing else is in it; return what was removed.

    Raises SettingsError for a folder that is not a home of ours. A home that does not exist is
    clear already. Symbolic links are removed, never followed.
    """
    path = home_path()
    if not path.exists():
        return ()
    if not _is_home(path):
        raise _refusal(path, "the folder is no home of ours, so nothing was removed")
    removed = _files(path)
    try:
        for file in removed:
            file.unlink()
        if not any(path.iterdir()):
            path.rmdir()
    except OSError as error:
        raise _refusal(path, f"a file could not be removed ({type(error).__name__})") from error
    return tuple(removed)


def _is_home(path: Path) -> bool:
    return (path / MARK).is_file()


def _files(path: Path) -> list[Path]:
    """Our files, the mark last: while anything is left, it is still a home."""
    names = sorted(name + companion for name in STATE_FILES for companion in _COMPANIONS)
    found = [path / name for name in (*names, MARK)]
    return [file for file in found if file.is_file() or file.is_symlink()]


def _refusal(path: Path, what: str) -> SettingsError:
    return SettingsError(
        what, safe(str(path)), "Set HEALER_HOME to an empty folder, or to one that healer made."
    )
