"""The entry point: finds the command, and turns whatever happens into an exit code."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Sequence
from importlib.metadata import version
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from battle_healer_cli.complaints import Warnings, complaint, unknown
from battle_healer_cli.exits import Exit
from battle_healer_cli.interrupts import prompt_interrupts
from battle_healer_cli.table import BY_NAME, COMMANDS


class Commands(TyperGroup):
    """The commands of the table. Listing them imports none; running one imports that one."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the names, in the order of the table."""
        return [command.name for command in COMMANDS]

    def get_command(self, ctx: Any, cmd_name: str) -> TyperCommand | None:
        """Return a stand-in that knows name and summary; enough for a list."""
        row = BY_NAME.get(cmd_name)
        return None if row is None else TyperCommand(row.name, help=row.does)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Return the real command in place of the stand-in."""
        name, *rest = args
        if name in BY_NAME:
            return name, typer.main.get_command(BY_NAME[name].load()), rest
        if name.startswith("-"):
            return super().resolve_command(ctx, args)
        raise unknown("command", name, "healer", BY_NAME)


app = typer.Typer(cls=Commands, add_completion=False, no_args_is_help=True)


def _print_version(wanted: bool) -> None:
    if wanted:
        sys.stdout.write(f"healer {version('battle-healer')}\n")
        raise typer.Exit


@app.callback()
def healer(
    _version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    """API calls that survive, and a chaos mock server that proves it."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line `argv` (default: the process's own) and return its exit code."""
    logger, warnings = logging.getLogger("battle_healer"), Warnings()
    logger.addHandler(warnings)
    try:
        # Whoever ends it politely gets the same clean end as with Ctrl-C.
        with prompt_interrupts():
            code = _run(list(sys.argv[1:] if argv is None else argv))
            sys.stdout.flush()
    except KeyboardInterrupt:
        sys.stderr.write("\ninterrupted\n")
        code = Exit.INTERRUPTED
    except BrokenPipeError:
        code = _reader_is_gone()
    except Exception as error:
        told = complaint(error)
        told.show()
        code = told.code
    finally:
        logger.removeHandler(warnings)
    return int(code)


def _run(args: list[str]) -> int:
    # Not Typer's own entry: it would turn a broken pipe into 1 and errors into panels.
    command = typer.main.get_command(app)
    try:
        with command.make_context("healer", args) as context:
            command.invoke(context)
    except typer.Exit as end:
        return end.exit_code
    except typer.Abort:
        return Exit.INTERRUPTED
    except SystemExit as end:
        if isinstance(end.__context__, BrokenPipeError):
            return _reader_is_gone()  # Rich has met the broken pipe first
        raise
    return Exit.OK


def _reader_is_gone() -> Exit:
    # What is still buffered would raise once more when the interpreter ends.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return Exit.PIPE
