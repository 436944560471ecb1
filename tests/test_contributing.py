"""CONTRIBUTING keeps its word: its five lines are followed to the letter, in a copy."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.support.serving import Api, Said

from battle_healer_mock.server import MockServer as Server
from battle_healer_mock.server import Options

ROOT = Path(__file__).parents[1]
PACKAGE = "battle_healer_mock"
HEALER = str(Path(sys.executable).with_name("healer"))
CODE = re.findall(r"```python\n(.*?)```", (ROOT / "CONTRIBUTING.md").read_text("utf-8"), re.S)
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
    code, _ = CODE
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


@pytest.fixture
def mine(tmp_path: Path) -> dict[str, str]:
    """The environment of a package that holds the page's planner, as an installer leaves it."""
    (tmp_path / "mine.py").write_text(CODE[1], "utf-8")
    facts = tmp_path / "mine-1.0.dist-info"
    facts.mkdir()
    (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: mine\nVersion: 1.0\n", "utf-8")
    points = "[battle_healer.planners]\nmine = mine:Mine\n"
    (facts / "entry_points.txt").write_text(points, "utf-8")
    path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    return {**os.environ, "PYTHONPATH": path, "COLUMNS": "200", "HEALER_HOME": str(tmp_path)}


def test_the_model_of_another_vendor_in_one_file_chooses(mine: dict[str, str]) -> None:
    assert len(CODE[1].splitlines()) <= 30
    with Api(lambda seen: Said(200, {"choice": "p1"})) as vendor, Server(Options(port=0)) as mock:
        command = [HEALER, "call", "GET", f"{mock.url}/external-api", "--simulate", "region_down"]
        env = {**mine, "MINE_URL": vendor.url}
        told = subprocess.run(
            [*command, "--planner", "mine", "--json"], env=env, capture_output=True, text=True,
            check=True,
        )  # fmt: skip
    first, *_ = json.loads(told.stdout)["steps"]
    assert first["planner"] == "mine"
    assert first["asked"]["scores"] == {"p1": 1.0}
    [asked] = vendor.seen
    assert asked.json["options"]["p1"].startswith("fail_over: ")
