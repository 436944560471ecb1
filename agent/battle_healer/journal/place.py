"""Where the journal is kept on disk, and whether it is."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from battle_healer.home import home_path
from battle_healer.rules import Keep, Rules

FILE: Final = "journal.db"


@dataclass(frozen=True, slots=True)
class Place:
    """A journal file, and what of it is kept."""

    path: Path
    keep: Keep = field(default_factory=Keep)


Kept = Callable[[Rules], Place | None]
"""Says where a client with these rules keeps its journal; None for in memory only."""


def if_asked(rules: Rules) -> Place | None:
    """In the home, if `HEALER_HOME` or the policy's `journal:` asks for it: a library's habit.

    Raises SettingsError.
    """
    return None if rules.journal is None and not _has_home() else in_home(rules)


def in_home(rules: Rules) -> Place:
    """In the home, always: the habit of our own programs. Raises SettingsError."""
    return Place(home_path() / FILE, rules.journal or Keep())


def nowhere(rules: Rules) -> None:
    """In memory only: what is played, and not meant, leaves no trace."""


def _has_home() -> bool:
    """Whether a setting names the home; reading `.env` costs an import, so only if there is one."""
    if os.environ.get("HEALER_HOME"):
        return True
    if not Path(".env").is_file():
        return False
    from battle_healer.settings import load_settings  # noqa: PLC0415 -- opens pydantic

    return load_settings().home is not None
