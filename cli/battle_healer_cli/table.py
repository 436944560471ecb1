"""The commands in the order of `healer --help`; each module is imported only when it is run."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import Final

import typer


@dataclass(frozen=True, slots=True)
class Command:
    """One command. does: one line. module: below `commands`, with a Typer app named `app`."""

    name: str
    does: str
    module: str

    def load(self) -> typer.Typer:
        """Import the command and return its app."""
        app: typer.Typer = import_module(f"battle_healer_cli.commands.{self.module}").app
        return app


COMMANDS: Final = (
    Command("demo", "See calls survive: every scenario, live, in virtual time.", "demo"),
    Command("mock", "Run the chaos mock server.", "mock"),
    Command("up", "Run a mock server, the queue's API and a worker on one port.", "up"),
    Command("call", "Make one HTTP call and heal it.", "call"),
    Command("queue", "Look at what is parked, decide about it, and run a worker.", "queue"),
    Command("scenarios", "List, show and run scenarios, alone or as a matrix.", "scenarios"),
    Command("verdict", "Judge the client that a mock server has seen.", "verdict"),
    Command("faults", "List the faults that the mock server can show.", "faults"),
    Command("actions", "List the actions by which a call is healed.", "actions"),
    Command("explain", "Explain a fault, action, guardrail, planner or outcome.", "explain"),
    Command("init", "Write a commented policy for a URL.", "init"),
    Command("policy", "Check a policy, or show what it means.", "policy"),
    Command(
        "episodes", "List the calls that needed healing, or tell the story of one.", "episodes"
    ),
    Command("logs", "Print the journal's events as lines, and follow them.", "logs"),
    Command("home", "Show where state is kept, or remove it.", "home"),
    Command("doctor", "Look for what would keep healer from working here.", "doctor"),
)
BY_NAME: Final = {command.name: command for command in COMMANDS}
