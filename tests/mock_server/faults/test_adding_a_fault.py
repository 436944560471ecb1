"""The guide docs/adding-a-fault.md, followed to the letter in a copy of the package."""

import inspect
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import battle_healer_mock
from battle_healer_mock.dialects.table import DIALECTS

ROOT = Path(__file__).parents[3]
GUIDE = ROOT / "docs/adding-a-fault.md"

# Tests of a row that are not about a dialect.
OF_THE_TABLE = 4

SHOWN = inspect.cleandoc(
    """
    from battle_healer_mock.clock import Clock
    from battle_healer_mock.control.app import build
    from battle_healer_mock.control.docs_page import page
    from battle_healer_mock.faults.table import BY_NAME, markdown
    from battle_healer_mock.state import State
    from battle_healer_mock.trigger import TriggerError, parse

    document = build(State("42", Clock())).openapi()
    assert "teapot" in document["components"]["schemas"]["FaultName"]["enum"]
    assert 'id="teapot"' in page(document)
    assert "## teapot" in markdown()
    assert "Why it matters" in BY_NAME["teapot"].explanation
    try:
        parse("taepot")
    except TriggerError as error:
        assert error.nearest == "teapot"
    """
)


@pytest.fixture
def copied(tmp_path: Path) -> dict[str, str]:
    """An environment in which the package has the guide's fault."""
    source = Path(battle_healer_mock.__path__[0])
    shutil.copytree(source, tmp_path / source.name, ignore=shutil.ignore_patterns("__pycache__"))
    faults = tmp_path / source.name / "faults"
    [code] = re.findall(r"```python\n(.*?)```", GUIDE.read_text("utf-8"), re.DOTALL)
    (faults / "teapot.py").write_text(code, "utf-8")
    table = (faults / "table.py").read_text("utf-8")
    table = table.replace("    soft_error,\n", "    soft_error,\n    teapot,\n")
    table = table.replace(
        "    reset_after_effect.ROW,\n", "    reset_after_effect.ROW,\n    teapot.ROW,\n"
    )
    (faults / "table.py").write_text(table, "utf-8")
    return {**os.environ, "PYTHONPATH": str(tmp_path)}


def test_a_fault_of_one_file_and_one_row_shows_everywhere(copied: dict[str, str]) -> None:
    command = [sys.executable, "-c", SHOWN]
    done = subprocess.run(command, env=copied, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_fault_of_one_file_and_one_row_is_tested_without_another_edit(
    copied: dict[str, str],
) -> None:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", "teapot"]
    command += [
        "tests/mock_server/faults/test_each_fault.py",
        "tests/mock_server/faults/test_table.py",
    ]
    done = subprocess.run(
        command, env=copied, cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout
    cells = 3 * len(DIALECTS)
    assert f"{cells + OF_THE_TABLE} passed" in done.stdout
