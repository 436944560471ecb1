"""docs/queue-api.md keeps its word: each request is answered as the page says."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.console import Shell, assert_printed, commands

from battle_healer_console.problems import PROBLEMS

PAGE = (Path(__file__).parents[1] / "docs/queue-api.md").read_text("utf-8")
HEALER = "import sys; from battle_healer_cli.main import main; sys.exit(main())"


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    """Where `healer up` is; its worker is off, so that figures do not depend on when one looks."""
    env = {"HEALER_HOME": str(tmp_path / "home"), "DISABLE_QUEUE_WORKER": "1"}
    process = subprocess.Popen(
        [sys.executable, "-c", HEALER, "up", "--port", "0", "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=os.environ | env,
        cwd=tmp_path,
    )
    try:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())["url"]
    finally:
        process.kill()
        process.communicate()


def test_every_request_is_answered_as_the_page_says(tmp_path: Path, url: str) -> None:
    server, *following = commands(PAGE)
    assert server.text == "healer up --port 8001"
    shell = Shell(tmp_path, url)
    for command in following:
        if command.text.startswith("export ENTRY=$("):
            asked = command.text.removeprefix("export ENTRY=$(").removesuffix(")")
            shell.env["ENTRY"] = shell.run(asked).strip()
            continue
        assert_printed(command, shell.run(command.text))


def test_the_page_names_every_problem() -> None:
    told = re.findall(r"`([a-z-]+)`", PAGE)
    assert {row.name for row in PROBLEMS} <= set(told)
