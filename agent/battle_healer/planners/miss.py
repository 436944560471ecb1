"""Why a model did not say which plan is best: every kind in one table.

Each ends the same way: the heuristics choose. The kind decides what becomes of the next question.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class MissRow:
    """One kind. says: what happened. fails: it counts towards the planner's breaker.

    stops: nothing is asked again until the settings change.
    """

    kind: str
    says: str
    fails: bool = False
    stops: bool = False


LIMITED: Final = "limited"

MISSES: Final[tuple[MissRow, ...]] = (
    MissRow("sure", "the heuristics are sure, so no model is asked"),
    MissRow("unsure", "no plan is clearly better in its eyes"),
    MissRow("overruled", "it would give up where the heuristics are sure that something helps"),
    MissRow("refused", "the service refuses the question"),
    MissRow("spent", "the budget for model calls is spent"),
    MissRow("busy", "too many questions are under way"),
    MissRow("off", "the planner's breaker is open"),
    MissRow("warming", "its library is still being loaded"),
    MissRow("too_long", "the menu or the question is too long to be asked"),
    MissRow(LIMITED, "the service wants fewer questions"),
    MissRow("slow", "no answer came in time", fails=True),
    MissRow("timeout", "the planner did not return in time", fails=True),
    MissRow("down", "the service does not answer", fails=True),
    MissRow("nonsense", "what came is no answer of the API", fails=True),
    MissRow("illegal", "the answer breaks the rules of the question", fails=True),
    MissRow("invalid", "the ranking is none of this menu"),
    MissRow("error", "the planner failed", fails=True),
    MissRow("no_model", "the service does not know the model or the method", fails=True),
    MissRow("unavailable", "there is no such planner"),
    MissRow("misconfigured", "it cannot be asked with these settings", stops=True),
)
BY_KIND: Final = {row.kind: row for row in MISSES}


@dataclass(frozen=True, slots=True)
class Miss:
    """One question without an answer. why: in our words, safe to print.

    wait_s: for how long nothing more is asked, where the service named a time.
    """

    kind: str
    why: str
    wait_s: float = 0.0

    @property
    def row(self) -> MissRow:
        """What follows from the kind."""
        return BY_KIND[self.kind]


def markdown() -> str:
    """The kinds as a table for docs/gemini.md."""
    rows = "\n".join(f"| `{row.kind}` | {row.says} | {_then(row)} |" for row in MISSES)
    return f"| kind | what happened | then |\n|---|---|---|\n{rows}\n"


def _then(row: MissRow) -> str:
    if row.stops:
        return "off until the settings change"
    if row.kind == LIMITED:
        return "off for the time that the service names, 1 s to a day"
    return "counts towards the breaker" if row.fails else "the next question is asked as ever"
