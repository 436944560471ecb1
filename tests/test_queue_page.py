"""docs/queue.md keeps its word: each command prints what the page says."""

from pathlib import Path

from tests.support.console import Shell, assert_printed, commands

from battle_healer_mock.server import MockServer, Options

PAGE = (Path(__file__).parents[1] / "docs/queue.md").read_text("utf-8")


def test_every_command_prints_what_the_page_says(tmp_path: Path) -> None:
    server, *following = commands(PAGE)
    assert server.is_the_server
    with MockServer(Options(port=0, seed="42")) as running:
        shell = Shell(tmp_path, running.url)
        for command in following:
            assert_printed(command, shell.run(command.text))


def test_the_page_hides_no_command_from_the_test() -> None:
    lines = sum(line.startswith("$ ") for line in PAGE.splitlines())
    assert lines == len(list(commands(PAGE)))
