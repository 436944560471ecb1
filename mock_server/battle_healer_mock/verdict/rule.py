"""The row type of the rules, and what a rule says about one thing that it looked at."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from battle_healer_mock.journal import Row

if TYPE_CHECKING:
    from battle_healer_mock.verdict.case import Case

PROTECTED: Final = "/external-api"
REFRESH: Final = "/refresh-token"
DECOY: Final = "decoy"

Severity = Literal["critical", "major", "minor"]


@dataclass(frozen=True, slots=True)
class Found:
    """One breach: the exchanges that show it, and what was seen, as a sentence without its dot.

    seconds: by how much, for rules about time.
    """

    rows: tuple[Row, ...]
    seen: str
    seconds: float | None = None


# One item for each opportunity to break the rule: None where it was kept.
Looked = Iterator[Found | None]


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing that no client should do.

    when: completes "it is found when ...". right: what would have been right.
    look: every opportunity that the case gave, kept or broken. The guards against false alarms
    stand in the docstring of the rule's own file.
    reads: subjects of the rows without which it cannot tell (`Row.subject`).
    """

    id: str
    name: str
    severity: Severity
    when: str
    right: str
    look: Callable[[Case], Looked]
    reads: frozenset[str] = frozenset({PROTECTED})

    @property
    def explanation(self) -> str:
        """The docstring of the rule's own file, as `healer explain` prints it."""
        return (sys.modules[self.look.__module__].__doc__ or "").strip()
