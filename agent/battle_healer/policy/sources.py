"""Where tokens come from: a variable, a file, a command. Read when used, not before."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from battle_healer.errors import PolicyError
from battle_healer.secret import Secret
from battle_healer.text import safe

COMMAND_S: Final = 10.0
"""Seconds that a token command may take."""

_MOST: Final = 65_536


@dataclass(frozen=True, slots=True)
class FromEnv:
    """A variable of the process, else of `.env` in the working directory."""

    name: str
    where: str

    def __call__(self) -> Secret:
        """Return the token. Raises PolicyError where the variable is not set or empty."""
        text = os.environ.get(self.name) or _dotenv().get(self.name)
        if not text:
            raise PolicyError(
                f"the environment variable {self.name} is not set",
                self.where,
                f"Set {self.name}, or write it to .env.",
            )
        return _token(text, f"the variable {self.name}", self.where)


@dataclass(frozen=True, slots=True)
class FromFile:
    """The text of a file, without white space around it."""

    path: Path
    where: str

    def __call__(self) -> Secret:
        """Return the token. Raises PolicyError where the file cannot be read."""
        try:
            with self.path.open("rb") as file:
                # A decoding error would carry the bytes along (I2); _token refuses what is odd.
                text = file.read(_MOST + 1).decode("utf-8", "replace")
        except OSError as error:
            raise PolicyError(
                f"the token file {safe(str(self.path))} cannot be read ({type(error).__name__})",
                self.where,
                "Check the path and its permissions.",
            ) from error
        return _token(text, f"the file {safe(str(self.path))}", self.where)


@dataclass(frozen=True, slots=True)
class FromCommand:
    """What a command prints. No shell; it runs where the policy lies."""

    arguments: tuple[str, ...] = field(repr=False)
    folder: Path
    where: str

    def __call__(self) -> Secret:
        """Return the token. Raises PolicyError where the command fails or takes too long.

        Neither output nor error text of the command is repeated: both may hold the secret.
        """
        name = safe(self.arguments[0])
        output, failure = self._run()
        if failure:
            raise PolicyError(
                f"the token command {name} failed ({failure})",
                self.where,
                f"It must print the token, end with 0, and take at most {COMMAND_S:g} s.",
            )
        return _token(output, f"the command {name}", self.where)

    def _run(self) -> tuple[str, str]:
        """Output, or how it failed; no exception leaves, since it would hold the output (I2)."""
        try:
            done = subprocess.run(  # noqa: S603 -- the operator's own command, without a shell
                self.arguments,
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=COMMAND_S,
                check=False,
            )
        except (OSError, subprocess.SubprocessError) as error:
            return "", type(error).__name__
        output = done.stdout[: _MOST + 1].decode("utf-8", "replace")
        return output, f"exit {done.returncode}" if done.returncode else ""


def _token(text: str, source: str, where: str) -> Secret:
    text = text.strip()
    # A line end or control character in a header would be a second header (I7).
    if not text or len(text) > _MOST or not text.isascii() or not text.isprintable():
        raise PolicyError(
            f"{source} holds no usable token", where, "A token is one line of printable ASCII."
        )
    return Secret(text)


def _dotenv() -> dict[str, str | None]:
    from dotenv import dotenv_values  # noqa: PLC0415 -- only where a variable is not set

    return dotenv_values(".env", interpolate=False)
