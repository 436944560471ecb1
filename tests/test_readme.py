"""README keeps its word: every command in it is run, in order, and its output is as printed."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.console import ADDRESS, Shell, assert_printed, blocks, commands

from battle_healer_mock.server import MockServer, Options

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")
FIRST_SCREEN_LINES = 45
ALL = list(commands(README))


@pytest.fixture
def server() -> Iterator[MockServer]:
    with MockServer(Options(port=0, seed="42")) as running:
        running.issue_token()  # as `healer mock` does at its start
        yield running


def test_every_command_prints_what_readme_says(server: MockServer, tmp_path: Path) -> None:
    shell = Shell(tmp_path, server.url)
    ran = 0
    for command in ALL:
        if command.is_the_server:
            continue  # the server itself is tested below
        assert_printed(command, shell.run(command.text))
        ran += 1
    assert ran >= 12

    program = tmp_path / "program.py"
    program.write_text(blocks(README, "python")[0].replace(ADDRESS, server.url), "utf-8")
    assert shell.run(f"python {program}").strip() == "200 delivered ['retry']"


def test_the_server_prints_the_token_that_readme_uses() -> None:
    printed = next(c for c in ALL if c.is_the_server).printed
    with MockServer(Options(port=0, seed="42")) as running:
        assert f"token: {running.issue_token()}" in printed


def test_the_first_screen_says_what_this_is_and_shows_it() -> None:
    first = "\n".join(README.splitlines()[:FIRST_SCREEN_LINES])
    for word in ("healing HTTP client", "chaos server", "make demo", "delivered  5 requests"):
        assert word in first


@pytest.mark.parametrize("target", re.findall(r"\]\(([^)#:]+)\)", README))
def test_a_link_leads_to_a_file(target: str) -> None:
    assert (ROOT / target).is_file()
