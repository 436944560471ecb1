"""What people see on a terminal of their width, and what a pipe gets."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
from rich.console import Console

from battle_healer.model import Kind, Outcome, OutcomeKind, Step
from battle_healer_cli.results import table_of
from battle_healer_cli.running.report import Cell, Report, Seen
from battle_healer_cli.timeline import show_step
from battle_healer_scenarios import loader

ACTIONS = ("fail_over", "refresh_credential", "repair_request", "retry", "adapt_response")


def step(action: str) -> Step:
    return Step(
        action, "it may help", "heuristic", 9.02, Kind.RATE_LIMITED, "generic", "us", "main"
    )


def shown(what: Callable[[Console], None], width: int) -> list[str]:
    """The lines that a terminal of this width shows."""
    console = Console(file=io.StringIO(), width=width, force_terminal=True, color_system=None)
    what(console)
    text: Any = console.file
    return str(text.getvalue()).splitlines()


@pytest.fixture
def report() -> Report:
    outcome = Outcome(
        OutcomeKind.DELIVERED, "once", "ok", steps=tuple(map(step, ACTIONS)), requests=1234
    )
    seen = (Seen("broken", outcome, 200),)
    return Report(loader.load("everything-at-once"), Cell(), seen, effects=(), journal=())


@pytest.mark.parametrize("width", [60, 72, 80, 100, 109, 110, 140])
def test_no_column_of_the_table_is_lost_at_any_usual_width(report: Report, width: int) -> None:
    lines = shown(lambda console: console.print(table_of([report], console.width)), width)
    assert max(map(len, lines)) <= width
    assert lines[0].split()[-3:] == ["requests", "effects", "ok"]
    assert lines[1].split()[0] == "everything-at-once"
    assert lines[1].split()[-3:] == ["1234", "0", "yes"]
    words = " ".join(lines).split()
    assert all(action in words for action in (*ACTIONS, "delivered"))


def test_a_choice_is_folded_below_itself() -> None:
    wide, *_ = shown(lambda console: show_step(console, step("retry"), 429, 1.5), 100)
    assert wide.rstrip() == "   1.50s  rate limited 429       → retry (us, main) after 9.02 s"
    first, second, *_ = shown(lambda console: show_step(console, step("retry"), 429, 1.5), 60)
    assert first.rstrip() == wide[: wide.index("9.02") - 1]
    assert second.rstrip() == " " * wide.index("→") + "9.02 s"


def test_a_pipe_gets_no_blanks_at_the_end_of_an_explanation(
    healer: Callable[..., Any], mock: Any
) -> None:
    ran = healer("call", "GET", mock.url, "--explain", "--simulate", "rate_limit=0s")
    told = [line for line in ran.err.splitlines() if "menu: " in line]
    assert told
    assert told == [line.rstrip() for line in told]
