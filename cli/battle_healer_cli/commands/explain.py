"""`healer explain NAME`: what a name of ours means, from the row that defines it."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Annotated, Any

import typer

from battle_healer.actions.table import ACTIONS
from battle_healer.guardrails import GUARDRAILS
from battle_healer.model import OutcomeKind
from battle_healer.planners import heuristic
from battle_healer.planners.table import PLANNERS
from battle_healer_cli.complaints import unknown
from battle_healer_cli.exits import BY_OUTCOME
from battle_healer_mock.faults.table import FAULTS

app = typer.Typer()


@dataclass(frozen=True, slots=True)
class Topic:
    """One thing that can be explained. is_a: completes "NAME is ..."."""

    names: tuple[str, ...]
    is_a: str
    text: str


@app.command()
def explain(
    name: Annotated[str, typer.Argument(help="E.g. region_down, fail_over, I1, evil, queued.")],
) -> None:
    """Explain a fault, action, guardrail, planner or outcome.

    Kinds of trouble (`server_error`, `drifted`, ...) are explained by the row of the heuristic
    table that says what is tried first, and why.
    """
    topics = [*_topics()]
    found = [topic for topic in topics if name.lower() in map(str.lower, topic.names)]
    if not found:
        raise unknown("name", name, "healer explain", (topic.names[0] for topic in topics))
    parts = [f"{topic.names[0]}: {topic.is_a}\n\n{topic.text.strip()}\n" for topic in found]
    sys.stdout.write("\n".join(parts))


def _topics() -> Iterator[Topic]:
    for fault in FAULTS:
        yield Topic((fault.name, *fault.aliases), "a fault of the mock server", fault.explanation)
    for action in ACTIONS:
        elsewhere = (
            f"Known elsewhere as: {', '.join(action.known_as)}.\n" if action.known_as else ""
        )
        text = f"{_docstring(action.plans)}\n{elsewhere}"
        yield Topic((action.name, *action.known_as), "an action of the agent", text)
    for guardrail in GUARDRAILS:
        text = inspect.getdoc(guardrail.objects) or ""
        is_a = f"a guardrail, {guardrail.title}"
        yield Topic((guardrail.invariant,), is_a, text.partition(": ")[2])
    for planner in PLANNERS:
        warning = "\nIt is not meant to be good; it must be named.\n" if planner.warns else ""
        text = _docstring(planner.build or heuristic.choose)
        yield Topic((planner.name,), f"a planner that {planner.does}", text + warning)
    for row in heuristic.TABLE:
        text = f"Tried in this order: {', '.join(row.prefer)}.\nBecause {row.why}.\n"
        sure = "sure" if row.sure else "not sure, so evidence may overturn it"
        for kind in row.kinds:
            yield Topic((kind.value,), f"a kind of trouble; its row is {sure}", text)
    for outcome in OutcomeKind:
        row_of = BY_OUTCOME[outcome.value]
        text = f"It means that {row_of.meaning}. Exit code {row_of.value}."
        yield Topic((outcome.value,), "an outcome; every call ends in exactly one", text)


def _docstring(function: Callable[..., Any]) -> str:
    """What the file that defines a row says about it."""
    return (sys.modules[function.__module__].__doc__ or "").strip()
