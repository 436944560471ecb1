"""docs/journal.md keeps its word: its commands print what it says, and its policy is one."""

from pathlib import Path

from tests.support.console import Shell, assert_printed, blocks, commands

from battle_healer.policy import Policy
from battle_healer.rules import Keep
from battle_healer_mock.server import MockServer, Options

PAGE = (Path(__file__).parents[1] / "docs/journal.md").read_text("utf-8")


def test_every_command_prints_what_the_page_says(tmp_path: Path) -> None:
    server, *following = commands(PAGE)
    assert server.is_the_server
    with MockServer(Options(port=0, seed="42")) as running:
        assert f"token: {running.issue_token()}" in server.printed
        shell = Shell(tmp_path, running.url)
        for command in following:
            assert_printed(command, shell.run(command.text))


def test_the_policy_of_the_page_asks_for_the_bounds_that_hold_anyway(tmp_path: Path) -> None:
    (policy,) = blocks(PAGE, "yaml")
    file = tmp_path / "healer.yaml"
    file.write_text(policy, "utf-8")
    assert Policy.load(file).rules.journal == Keep()
