"""docs/functions.md keeps its word: its program prints what stands there."""

import os
import subprocess
import sys
from pathlib import Path

from tests.mock_server.driving import Mock
from tests.support.console import ADDRESS

from battle_healer_mock.server import MockServer, Options

PAGE = (Path(__file__).parents[1] / "docs/functions.md").read_text("utf-8")


def test_the_program_prints_what_the_page_says(tmp_path: Path) -> None:
    program, _, rest = PAGE.partition("```python\n")[2].partition("```\n")
    printed = rest.partition("```\n")[2].partition("```\n")[0]
    with MockServer(Options(port=0)) as server, Mock(server.url) as mock:
        assert ADDRESS in program
        done = subprocess.run(
            [sys.executable, "-c", program.replace(ADDRESS, server.url)],
            env=os.environ | {"TOKEN": mock.token()},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout == printed
        assert [effect["amount"] for effect in mock.effects()] == [15, 15]
