"""What one run of a scenario looked like, from both sides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from battle_healer.model import Outcome
from battle_healer_scenarios.scenario import Scenario, Variant

Client = Literal["async", "sync"]
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Cell:
    """How a scenario is played. variant: None for the calls as they are written."""

    planner: str = "heuristic"
    client: Client = "async"
    variant: Variant | None = None

    def __str__(self) -> str:
        return f"{self.planner}, {self.client}, {self.variant or 'as written'}"


@dataclass(frozen=True, slots=True)
class Seen:
    """One call as its caller saw it. outcome: None for a call that was never made.

    sent: the body as the caller wrote it. body: the answer as JSON, None where it was none.
    error: the exception's class, if any.
    """

    id: str
    outcome: Outcome | None = None
    status: int | None = None
    sent: Any = field(default=None, repr=False)
    body: Any = field(default=None, repr=False)
    error: str | None = None

    @property
    def ended(self) -> str:
        """The outcome's word, or `skipped`."""
        return self.outcome.kind.value if self.outcome else "skipped"

    @property
    def actions(self) -> tuple[str, ...]:
        """The decisions, in order."""
        return tuple(step.action for step in self.outcome.steps) if self.outcome else ()

    @property
    def requests(self) -> int:
        """Sends of the call."""
        return self.outcome.requests if self.outcome else 0


@dataclass(frozen=True, slots=True)
class Report:
    """One scenario, played once. effects, journal: the server's own books.

    findings: what differed from what the scenario expects, in words; empty where all is well.
    """

    scenario: Scenario
    cell: Cell
    seen: tuple[Seen, ...]
    effects: tuple[Row, ...]
    journal: tuple[Row, ...]
    seconds: float = 0.0
    findings: tuple[str, ...] = ()

    @property
    def requests(self) -> int:
        """Sends of all calls."""
        return sum(seen.requests for seen in self.seen)

    def effects_of(self, call_id: str) -> int:
        """Rows of one call in the ledger."""
        return sum(row["correlation_id"] == call_id for row in self.effects)

    def found(self, findings: tuple[str, ...]) -> Report:
        """The report with these findings."""
        return replace(self, findings=findings)
