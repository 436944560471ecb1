"""`healer init URL`: a first policy."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from battle_healer.policy import template
from battle_healer_cli.addresses import checked_url
from battle_healer_cli.complaints import UsageError

app = typer.Typer(add_completion=False)


@app.command()
def init(
    url: Annotated[str, typer.Argument(help="Any address of the API, e.g. https://api.example.")],
    path: Annotated[Path, typer.Option("--out", "-o", help="Where to write it; - is stdout.")] = (
        Path("healer.yaml")
    ),
    force: Annotated[bool, typer.Option("--force", help="Replace the file.")] = False,
) -> None:
    """Write a commented policy for a URL.

    It declares the one thing that is known, the address, and shows in comments what else may be
    declared and what that allows.
    """
    text = template(checked_url(url, "healer init"))
    if str(path) == "-":
        sys.stdout.write(text)
        return
    try:
        with path.open("w" if force else "x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError as error:
        raise UsageError(
            f"{path} exists",
            "healer init",
            "Write elsewhere with -o FILE, or replace with --force.",
        ) from error
    except OSError as error:
        raise UsageError(
            f"cannot write {path}: {error.strerror}", "healer init", "Name a file with -o FILE."
        ) from error
    sys.stdout.write(f"{path} written; `healer policy check` reads it, `healer call` uses it.\n")
