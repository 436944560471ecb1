"""Errors as two lines on stderr: where and what, then what would be right."""

from __future__ import annotations

import difflib
import logging
import sys
import traceback
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import typer

from battle_healer_cli.exits import Exit

_SERVER_PARTS: Final = frozenset({"fastapi", "uvicorn", "starlette", "uvloop", "httptools"})


@dataclass(frozen=True, slots=True)
class Complaint:
    """What went wrong, where, what would be right, and the exit code."""

    what: str
    where: str
    fix: str
    code: Exit = Exit.USAGE

    def show(self) -> None:
        """Write two lines to stderr."""
        what = self.what.rstrip(".")
        sys.stderr.write(f"{self.where}: {what}.\n  {self.fix}\n")


class UsageError(Exception):
    """What somebody typed cannot mean anything. Safe to print."""

    def __init__(self, what: str, where: str, fix: str) -> None:
        # Positional, so that it pickles.
        super().__init__(what, where, fix)
        self.what, self.where, self.fix = what, where, fix


def unknown(kind: str, name: str, where: str, known: Iterable[str]) -> UsageError:
    """An error for a name that is in no table: the nearest one, and all that are known."""
    names = sorted(known)
    near = difflib.get_close_matches(name, names, 1)
    hint = f"Did you mean {near[0]!r}? " if near else ""
    return UsageError(f"unknown {kind} {name[:80]!r}", where, f"{hint}Known: {', '.join(names)}.")


def complaint(error: Exception) -> Complaint:
    """What to tell people about an error that nobody caught."""
    if isinstance(error, typer.TyperException):
        return _of_the_command_line(error)
    what, where, fix = (getattr(error, part, None) for part in ("what", "where", "fix"))
    if isinstance(what, str) and isinstance(where, str) and isinstance(fix, str):
        # Every room has errors of its own with these three parts, all safe to print.
        return Complaint(what, where, fix)
    if isinstance(error, ModuleNotFoundError) and _is_server_part(error.name):
        return Complaint(
            f"the mock server needs {error.name}, which is not installed",
            "healer",
            "Type: pip install 'battle-healer[server]'",
        )
    return _of_ours(error)


def _of_the_command_line(error: typer.TyperException) -> Complaint:
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else "healer"
    # Where help was shown because nothing else was typed, there is no message.
    said = error.format_message().strip() or "no command was given"
    return Complaint(said[:1].lower() + said[1:], path, f"`{path} --help` shows what is known.")


def _is_server_part(module: str | None) -> bool:
    return (module or "").partition(".")[0] in _SERVER_PARTS


def _of_ours(error: Exception) -> Complaint:
    frames = traceback.extract_tb(error.__traceback__)
    place = f" in {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    said = " ".join(str(error).split())[:300]
    return Complaint(
        f"a fault of battle-healer itself{place}: {type(error).__name__}: {said!r}",
        "healer",
        "Please report it with the command that you typed.",
        Exit.OURS,
    )


class Warnings(logging.Handler):
    """Shows what our own logger warns of on stderr, each message once."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._shown: set[str] = set()

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line, unless it was written before."""
        message = record.getMessage()
        if message not in self._shown:
            self._shown.add(message)
            sys.stderr.write(f"{message}\n")
