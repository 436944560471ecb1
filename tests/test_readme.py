"""README keeps its word: every command in it is run, in order, and its output is as printed.

In an expected line `…` stands for anything; lines in between may be left out.
"""

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from battle_healer_mock.server import MockServer, Options

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")
FIRST_SCREEN_LINES = 45
ADDRESS = "http://127.0.0.1:8001"


@dataclass(frozen=True)
class Command:
    """One command of a console block, and the lines printed below it."""

    text: str
    printed: tuple[str, ...]


def blocks(kind: str) -> list[str]:
    return re.findall(rf"```{kind}\n(.*?)```", README, re.DOTALL)


def commands(block: str) -> Iterator[Command]:
    for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        text, *printed = part.splitlines()
        yield Command(text, tuple(line for line in printed if line.strip()))


ALL = [command for block in blocks("console") for command in commands(block)]


class Shell:
    """Runs commands in one folder, with what `export` set before."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder, self._url = folder, url
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        self.env = {"PATH": path, "HOME": str(folder), "HEALER_HOME": str(folder / "home")}

    def run(self, text: str) -> str:
        """Both outputs of a command, with the address of this run's server as README has it."""
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


@pytest.fixture
def server() -> Iterator[MockServer]:
    with MockServer(Options(port=0, seed="42")) as running:
        running.issue_token()  # as `healer mock` does at its start
        yield running


def assert_printed(command: Command, output: str) -> None:
    position = 0
    plain = re.sub(r" +", " ", output.replace("\r", ""))
    for line in command.printed:
        words = re.sub(r" +", " ", line.strip())
        pattern = ".*".join(re.escape(part.strip()) for part in words.split("…"))
        found = re.compile(pattern, re.DOTALL).search(plain, position)
        assert found, f"$ {command.text}\nexpected: {line}\ngot: {output}"
        position = found.start() + 1


def test_every_command_prints_what_readme_says(server: MockServer, tmp_path: Path) -> None:
    shell = Shell(tmp_path, server.url)
    ran = 0
    for command in ALL:
        if command.text.startswith("healer mock"):
            continue  # the server itself is tested below
        assert_printed(command, shell.run(command.text))
        ran += 1
    assert ran >= 12

    program = tmp_path / "program.py"
    program.write_text(blocks("python")[0].replace(ADDRESS, server.url), "utf-8")
    assert shell.run(f"python {program}").strip() == "200 delivered ['retry']"


def test_the_server_prints_the_token_that_readme_uses() -> None:
    printed = next(c for c in ALL if c.text.startswith("healer mock")).printed
    with MockServer(Options(port=0, seed="42")) as running:
        assert f"token: {running.issue_token()}" in printed


def test_the_first_screen_says_what_this_is_and_shows_it() -> None:
    first = "\n".join(README.splitlines()[:FIRST_SCREEN_LINES])
    for word in ("healing HTTP client", "chaos server", "make demo", "delivered  5 requests"):
        assert word in first


@pytest.mark.parametrize("target", re.findall(r"\]\(([^)#:]+)\)", README))
def test_a_link_leads_to_a_file(target: str) -> None:
    assert (ROOT / target).is_file()
