"""Console blocks of a page: each command is run in order, and prints what the page says.

In a printed line `…` stands for anything; lines in between may be left out.
"""

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

# Where pages say that the server is; each test has one at an address of its own.
ADDRESS = "http://127.0.0.1:8001"


@dataclass(frozen=True)
class Command:
    """One command of a console block, and the lines printed below it."""

    text: str
    printed: tuple[str, ...]

    @property
    def is_the_server(self) -> bool:
        return self.text.startswith("healer mock")


def blocks(page: str, kind: str) -> list[str]:
    return re.findall(rf"```{kind}\n(.*?)```", page, re.DOTALL)


def commands(page: str) -> Iterator[Command]:
    """Those of all console blocks of a page, in order."""
    for block in blocks(page, "console"):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            text, *printed = part.splitlines()
            yield Command(text, tuple(line for line in printed if line.strip()))


class Shell:
    """Runs commands in one folder, with what `export` set before."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder, self._url = folder, url
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        self.env = {"PATH": path, "HOME": str(folder), "HEALER_HOME": str(folder / "home")}

    def run(self, text: str) -> str:
        """Both outputs of a command, with the address of this run's server as pages have it."""
        text = text.replace(ADDRESS, self._url)
        if text.startswith("export "):
            for name, _, value in (part.partition("=") for part in shlex.split(text)[1:]):
                self.env[name] = value
            return ""
        done = subprocess.run(
            ["bash", "-c", text], cwd=self.folder, env=self.env, capture_output=True,
            text=True, timeout=60, check=False, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        return (done.stderr + done.stdout).replace(self._url, ADDRESS)


def assert_printed(command: Command, output: str) -> None:
    position = 0
    plain = re.sub(r" +", " ", output.replace("\r", ""))
    for line in command.printed:
        words = re.sub(r" +", " ", line.strip())
        pattern = ".*".join(re.escape(part.strip()) for part in words.split("…"))
        found = re.compile(pattern, re.DOTALL).search(plain, position)
        assert found, f"$ {command.text}\nexpected: {line}\ngot: {output}"
        position = found.start() + 1
