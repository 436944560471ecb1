"""The timeline of an episode: one line a step, as it happens or afterwards."""

from __future__ import annotations

import json

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from battle_healer.commands import Note
from battle_healer.model import Kind, Outcome, OutcomeKind, Step

_LEAST_WAIT_S = 0.01  # a shorter wait is not worth a word


def show_step(
    console: Console, step: Step, status: int | None = None, elapsed_s: float | None = None
) -> None:
    """Print when, what was seen, what was chosen, and why; one line, or two on a terminal.

    status: of the answer that led to the step. elapsed_s: since the call began.
    """
    when = "  " if elapsed_s is None else f"{elapsed_s:7.2f}s  "
    seen = seen_by(step, status)
    chooser = "" if step.planner == "heuristic" else f"{step.planner}: "
    reason = Text(chooser + step.reason, "dim")
    cause = Text.assemble((when, "dim"), (f"{seen:<22} ", "yellow"))
    choice = Text.assemble("→ ", (choice_of(step), "bold"))
    if console.is_terminal:
        console.print(_side_by_side(cause, choice))
        console.print(Padding(reason, (0, 0, 0, len(when) + 2)))
    else:
        console.print(cause + choice + Text("  ") + reason)


def seen_by(step: Step, status: int | None) -> str:
    """`server error 500`: what a step was a decision about."""
    return step.kind.value.replace("_", " ") + (f" {status}" if status else "")


def show_explained(
    console: Console, step: Step, status: int | None = None, elapsed_s: float | None = None
) -> None:
    """Print a step, and below it the menu, the vetoes and who chose."""
    show_step(console, step, status, elapsed_s)
    for line in explanation(step):
        # Not expanded: piped, it would be filled up to the width that is never folded.
        console.print(Padding(Text(line, "dim"), (0, 0, 0, 12), expand=False))


def _side_by_side(cause: Text, choice: Text) -> Table:
    """On a narrow terminal the choice is folded below itself, not below the time."""
    grid = Table.grid()
    grid.add_column(no_wrap=True)
    grid.add_column()
    grid.add_row(cause, choice)
    return grid


def choice_of(step: Step) -> str:
    """`retry (us, main) after 0.05 s`."""
    where = [part for part in (step.region, step.credential) if part]
    place = f" ({', '.join(where)})" if where else ""
    wait = f" after {step.wait_s:.2f} s" if step.wait_s >= _LEAST_WAIT_S else ""
    return step.action + place + wait


def outcome_line(outcome: Outcome) -> Text:
    """One line: how it ended, after how many requests, with what effect, and why."""
    refreshes = f", {counted(outcome.refreshes, 'token')} refreshed" if outcome.refreshes else ""
    entry = f" as {outcome.queued.id}" if outcome.queued else ""
    return Text.assemble(
        (outcome.kind.value, f"outcome.{outcome.kind.value}"),
        f"{entry}  {counted(outcome.requests, 'request')}{refreshes}, effect {outcome.effect}: ",
        outcome.reason,
    )


def counted(n: int, thing: str) -> str:
    """`1 request`, `2 requests`."""
    return f"{n} {thing}" if n == 1 else f"{n} {thing}s"


def explanation(step: Step) -> list[str]:
    """The menu of a step, what was struck from it and by which invariant, and who chose."""
    sure = "" if step.probability is None else f" with p={step.probability:.2f}"
    lines = [f"menu: {', '.join(step.menu)}; chosen by {step.planner}{sure}"]
    lines += question(step)
    lines += [f"veto {veto.invariant}: no {veto.action}: {veto.why}" for veto in step.vetoes]
    if step.kind is not Kind.REFUSED:
        lines.append(f"recognised by the reader {step.reader}")
    return lines


def question(step: Step) -> list[str]:
    """What a planner was asked, and what it said; empty where only the heuristics chose."""
    asked = step.asked
    if asked is None:
        return []
    lines = _sent(asked.sent) if asked.sent else []
    if not asked.scores:
        return [*lines, f"{asked.planner} did not say ({asked.said}): {asked.why}"]
    names = dict(row.split(" ", 1) for row in step.menu)
    scores = ", ".join(f"{id_} {names.get(id_, '')} {p:.2f}" for id_, p in asked.scores)
    return [*lines, f"probabilities: {scores.replace('  ', ' ')}"]


def _sent(text: str) -> list[str]:
    """A question as it left the process, in lines that can be read."""
    try:
        told = json.loads(text)
        facts = [f"{name}={_value(value)}" for name, value in told.pop("facts").items()]
        menu = [f"{id_} {says}" for id_, says in told.pop("options").items()]
    except (ValueError, KeyError, AttributeError):
        return [f"sent: {text}"]
    lines = [f"facts sent: {', '.join(facts)}", *(f"option sent: {row}" for row in menu)]
    return lines + [f"{name} sent: {json.dumps(value)}" for name, value in told.items()]


def _value(value: object) -> str:
    if isinstance(value, list):
        return "+".join(map(str, value)) or "none"
    return value if isinstance(value, str) else json.dumps(value)


class Live:
    """Prints each step while the call runs; `told` is what a client takes as `on_event`."""

    def __init__(self, console: Console, *, explain: bool = False) -> None:
        self._console, self._explain = console, explain

    def told(self, note: Note) -> None:
        """Print a step; other events pass."""
        step = note.data.get("step")
        if note.name != "STEP" or not isinstance(step, Step):
            return
        show = show_explained if self._explain else show_step
        show(self._console, step, note.data["status"], note.data["elapsed_s"])

    def end(self, outcome: Outcome) -> None:
        """Print how it ended; into a pipe, only where there is more to say than `delivered`."""
        is_plain = outcome.kind is OutcomeKind.DELIVERED and not outcome.steps
        if self._explain or self._console.is_terminal or not is_plain:
            self._console.print(outcome_line(outcome))
