"""`healer explain NAME`: what a name of ours means, from the row that defines it."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Annotated, Any

import typer

from battle_healer.actions.action import Action
from battle_healer.actions.table import ACTIONS
from battle_healer.diagnosis.finding import Reader
from battle_healer.diagnosis.table import READERS
from battle_healer.guardrails import GUARDRAILS, Guardrail
from battle_healer.model import OutcomeKind
from battle_healer.planners import heuristic
from battle_healer.planners.heuristic import Row
from battle_healer.planners.table import PLANNERS, PlannerRow
from battle_healer_cli.complaints import unknown
from battle_healer_cli.exits import BY_OUTCOME
from battle_healer_mock.fault import Fault
from battle_healer_mock.faults.table import FAULTS

app = typer.Typer(add_completion=False)


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
    return chain(
        map(_fault, FAULTS),
        map(_action, ACTIONS),
        map(_guardrail, GUARDRAILS),
        map(_planner, PLANNERS),
        chain.from_iterable(map(_kinds, heuristic.TABLE)),
        map(_reader, READERS),
        map(_outcome, OutcomeKind),
    )


def _fault(fault: Fault) -> Topic:
    text, value = fault.explanation, fault.argument
    if value is not None:
        usual = f"; {value.default} where nothing is written" if value.default else ""
        text += f"\nValue: {value.help}: {', '.join(value.forms)}{usual}."
    return Topic((fault.name, *fault.aliases), "a fault of the mock server", text)


def _action(action: Action) -> Topic:
    elsewhere = f"Known elsewhere as: {', '.join(action.known_as)}.\n" if action.known_as else ""
    text = f"{_docstring(action.plans)}\n{elsewhere}"
    return Topic((action.name, *action.known_as), "an action of the agent", text)


def _guardrail(guardrail: Guardrail) -> Topic:
    text = (inspect.getdoc(guardrail.objects) or "").partition(": ")[2]
    text = text[:1].upper() + text[1:]
    return Topic((guardrail.invariant,), f"a guardrail, {guardrail.title}", text)


def _planner(planner: PlannerRow) -> Topic:
    warning = "\nIt is not meant to be good; it must be named.\n" if planner.warns else ""
    text = _docstring(planner.build or heuristic.choose) + warning
    return Topic((planner.name,), f"a planner that {planner.does}", text)


def _kinds(row: Row) -> Iterator[Topic]:
    sure = "sure" if row.sure else "not sure, so evidence may overturn it"
    text = f"Tried in this order: {', '.join(row.prefer)}.\nBecause {row.why}.\n"
    for kind in row.kinds:
        yield Topic((kind.value,), f"a kind of trouble; its row is {sure}", text)


def _reader(reader: Reader) -> Topic:
    text = f"It is asked whether the reply is {reader.shape}.\nSource: {reader.source}"
    return Topic((reader.name,), "a reader of failures", text)


def _outcome(outcome: OutcomeKind) -> Topic:
    row = BY_OUTCOME[outcome.value]
    text = f"It means that {row.meaning}. Exit code {row.value}."
    return Topic((outcome.value,), "an outcome; every call ends in exactly one", text)


def _docstring(function: Callable[..., Any]) -> str:
    """What the file that defines a row says about it."""
    return (sys.modules[function.__module__].__doc__ or "").strip()
