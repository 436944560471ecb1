"""CONTRIBUTING keeps its word: its five lines are followed to the letter, in a copy."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = "battle_healer_mock"
HEALER = str(Path(sys.executable).with_name("healer"))
PAGES = """
from battle_healer_mock.clock import Clock
from battle_healer_mock.control.app import build
from battle_healer_mock.control.docs_page import page
from battle_healer_mock.faults.table import markdown
from battle_healer_mock.state import State
print(page(build(State("42", Clock())).openapi()), markdown())
"""


@pytest.fixture
def copied(tmp_path: Path) -> dict[str, str]:
    """The environment of a copy of the package that has the page's fault."""
    copy = tmp_path / PACKAGE
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "mock_server" / PACKAGE, copy, ignore=ignored)
    [code] = re.findall(r"```python\n(.*?)```", (ROOT / "CONTRIBUTING.md").read_text("utf-8"), re.S)
    (copy / "faults/teapot.py").write_text(code, "utf-8")
    table = (copy / "faults/table.py").read_text("utf-8")
    table = re.sub(r"(    soft_error,\n)", r"\1    teapot,\n", table, count=1)
    table = re.sub(r"(    reset_after_effect\.ROW,\n)", r"\1    teapot.ROW,\n", table, count=1)
    (copy / "faults/table.py").write_text(table, "utf-8")
    return {**os.environ, "PYTHONPATH": str(tmp_path), "COLUMNS": "200"}


def output(command: list[str], env: dict[str, str]) -> str:
    done = subprocess.run(command, env=env, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize(
    "command",
    [
        [HEALER, "call", "--help"],
        [HEALER, "faults"],
        [HEALER, "explain", "teapot"],
        [sys.executable, "-c", PAGES],
    ],
    ids=["call --help", "faults", "explain", "docs pages"],
)
def test_a_fault_of_five_lines_shows_up_without_another_edit(
    copied: dict[str, str], command: list[str]
) -> None:
    assert "teapot" in output(command, copied)


def test_a_fault_of_five_lines_is_driven_by_the_tests(copied: dict[str, str]) -> None:
    suite = [
        "tests/mock_server/faults/test_each_fault.py",
        "tests/mock_server/faults/test_table.py",
    ]
    pytest_run = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", "teapot"]
    last = output([*pytest_run, *suite], copied).splitlines()[-1]
    assert int(last.split(" passed")[0]) >= 10, last
