"""docs/chaos.md keeps its word: its five faults, and the verdict on them, are as printed."""

from pathlib import Path

import pytest
from tests.support.console import Command, Shell, assert_printed, blocks, commands

from battle_healer_mock.faults.table import BY_NAME
from battle_healer_mock.server import MockServer, Options

PAGE = (Path(__file__).parents[1] / "docs/chaos.md").read_text("utf-8")
FAULTS = ("rate_limit=1s", "soft_error", "truncated", "stall", "reset_after_effect")


def test_every_command_prints_what_the_page_says(tmp_path: Path) -> None:
    server, *following = commands(PAGE)
    assert server.is_the_server
    with MockServer(Options(port=0, seed="42")) as running:
        assert f"token: {running.issue_token()}" in server.printed
        shell = Shell(tmp_path, running.url)
        for command in following:
            assert_printed(command, shell.run(command.text))


@pytest.mark.parametrize("fault", FAULTS)
def test_the_page_has_a_line_for_five_faults(fault: str) -> None:
    assert fault.partition("=")[0] in BY_NAME
    asked = f"X-Simulate-Failure: {fault}'"
    assert any(asked in command.text and command.printed for command in commands(PAGE))


def test_the_page_hides_no_command_from_the_test() -> None:
    lines = sum(line.startswith("$ ") for line in PAGE.splitlines())
    assert lines == len(list(commands(PAGE)))
    assert len(blocks(PAGE, "console")) * 2 == PAGE.count("```")


@pytest.mark.parametrize("got", ["exit 1", "exit 0\nfound", ""])
def test_output_that_differs_from_the_page_is_noticed(got: str) -> None:
    with pytest.raises(AssertionError, match="expected: "):
        assert_printed(Command("try", ("found … it", "exit 0")), got)
