"""`healer doctor`: what would keep healer from working here."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from typing import Final

import typer

from battle_healer.errors import HealerError
from battle_healer.home import home_path
from battle_healer.journal.event import Event
from battle_healer.journal.place import FILE
from battle_healer.journal.reading import Reader, state_of
from battle_healer.planners.gemini.planner import gemini
from battle_healer.planners.table import find_planner
from battle_healer.policy import Policy, find_policy
from battle_healer.rules import Rules
from battle_healer.settings import load_gemini, load_settings
from battle_healer_cli.exits import Exit
from battle_healer_cli.journal.times import stamp
from battle_healer_cli.running.models import ASKING
from battle_healer_cli.terminal import columns, stdout
from battle_healer_cli.timeline import counted
from battle_healer_scenarios import loader

app = typer.Typer(add_completion=False)


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check saw. fix: what would make it right; None where all is well."""

    seen: str
    fix: str | None = None


@dataclass(frozen=True, slots=True)
class Check:
    """One question; `ask` answers it and may raise an error of ours."""

    name: str
    ask: Callable[[], Finding]


@app.command()
def doctor() -> None:
    """Look for what would keep healer from working here.

    Exit 0 if nothing was found, 6 otherwise. Nothing is changed, and nothing leaves the machine.
    """
    table = columns("check", "", "seen")
    findings = [(check.name, _asked(check)) for check in CHECKS]
    for name, finding in findings:
        table.add_row(name, "ok" if finding.fix is None else "!!", finding.seen)
        if finding.fix is not None:
            table.add_row("", "", finding.fix)
    stdout().print(table)
    if any(finding.fix is not None for _, finding in findings):
        raise typer.Exit(Exit.FINDINGS)


def _asked(check: Check) -> Finding:
    try:
        return check.ask()
    except HealerError as error:
        return Finding(f"{error.where}: {error.what}", error.fix)


def _python() -> Finding:
    return Finding(f"Python {sys.version.split()[0]}")


def _server_extra() -> Finding:
    missing = [name for name in ("fastapi", "uvicorn", "httptools") if find_spec(name) is None]
    if missing:
        fix = "For `healer mock` and `healer demo` type: pip install 'battle-healer[server]'"
        return Finding(f"not installed: {', '.join(missing)}", fix)
    return Finding("the mock server can run")


def _settings() -> Finding:
    settings = load_settings()
    if settings.planner is not None:
        find_planner(settings.planner)
    given = {name: value for name, value in settings if value is not None}
    return Finding(", ".join(f"{name}={value}" for name, value in given.items()) or "all defaults")


def _policy() -> Finding:
    path = find_policy()
    if path is None:
        return Finding("none here; only what is safe everywhere will be done")
    destinations = len(Policy.load(path).rules.destinations)
    return Finding(f"{path}: {counted(destinations, 'destination')}")


def _home() -> Finding:
    path = home_path()
    nearest = next(parent for parent in (path, *path.parents) if parent.exists())
    fix = "Set HEALER_HOME to a folder of yours."
    if not nearest.is_dir():
        return Finding(f"{nearest} is no folder", fix)
    if not os.access(nearest, os.W_OK):
        return Finding(f"{path} cannot be written", fix)
    return Finding(str(path))


def _journal() -> Finding:
    path = home_path() / FILE
    if not path.exists():
        return Finding("none yet")
    state = state_of(path)
    seen = (
        f"{counted(state.episodes, 'episode')} in {state.size_bytes / 1e6:.1f} MB, written with "
        f"synchronous={state.synchronous} by SQLite {state.sqlite}"
    )
    lost = f"; {counted(state.lost, 'event')} could not be written" if state.lost else ""
    return Finding(seen + lost)


def _planners() -> Finding:
    """What the planners of all processes that write this journal spent and ran into."""
    path = home_path() / FILE
    if not path.exists():
        return Finding("no planner was asked yet")
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    with Reader(path) as reader:
        spent, silent = reader.spent(today), reader.last("PLANNER_SILENT")
    used = f"{counted(spent.calls, 'model call')} and {counted(spent.tokens, 'token')} today"
    return Finding(used + (f"; {_silence(silent)}" if silent is not None else ""))


def _silence(silent: Event) -> str:
    """The last trouble of a planner: whose, what, when, and until when it is not asked."""
    said, off_s = silent.data, silent.data.get("off_s", 0.0)
    line = f"{stamp(silent.at)}: {said['planner']} did not say ({said['kind']}): {said['why']}"
    if off_s is None:
        return f"{line}; off until the settings change"
    return f"{line}; off until {stamp(silent.at + timedelta(seconds=off_s))}" if off_s else line


def _model() -> Finding:
    """Whether the planners `gemini` and `auto` could ask; nothing is sent to find out."""
    settings, wanted = load_gemini(), _wants_a_model()
    missing = None if _has_genai() else "google-genai is not installed"
    fix = "Type: pip install 'battle-healer[gemini]'" if missing else "See .env.example."
    why = missing or settings.problem()
    if why is None:
        lines = {"model": settings.model, **gemini().status()}
        return Finding(", ".join(f"{name} {value}" for name, value in lines.items()))
    return Finding(f"cannot ask a model: {why}", fix if wanted else None)


def _has_genai() -> bool:
    try:
        return find_spec("google.genai") is not None
    except ModuleNotFoundError:
        return False


def _wants_a_model() -> bool:
    """Whether settings or policy name a planner that asks one."""
    path = find_policy()
    rules = Policy.load(path).rules if path is not None else Rules()
    named = {load_settings().planner, rules.planner}
    named |= {d.planner for d in rules.destinations}
    named |= {e.planner for d in rules.destinations for e in d.endpoints}
    return bool(named & ASKING)


def _loopback() -> Finding:
    try:
        with socket.create_server(("127.0.0.1", 0)):
            return Finding("a local port can be opened")
    except OSError as error:
        return Finding(f"no local port can be opened: {error.strerror}", "Allow 127.0.0.1.")


def _scenarios() -> Finding:
    return Finding(f"{len(loader.load_all())} scenarios can be read")


CHECKS: Final = (
    Check("python", _python),
    Check("server extra", _server_extra),
    Check("settings", _settings),
    Check("policy", _policy),
    Check("model", _model),
    Check("planners", _planners),
    Check("home", _home),
    Check("journal", _journal),
    Check("loopback", _loopback),
    Check("scenarios", _scenarios),
)
