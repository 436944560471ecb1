"""`make tools`: a missing program is installed where that is possible, and else named in time."""

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SCRIPT = ROOT / "requirements/tools"


class Machine:
    """A PATH of its own, on which every program is one that only notes how it was called."""

    def __init__(self, folder: Path) -> None:
        self.bin = folder / "bin"
        self.bin.mkdir()
        self.notes = folder / "notes"
        self.notes.touch()

    def has(self, name: str, *, says: str = "", fails_at: str = "") -> None:
        text = f"""#!/bin/sh
            echo {name} "$@" >> {self.notes}
            echo {says}
            test "$1" != "{fails_at or "-"}"
        """
        program = self.bin / name
        program.write_text(text)
        program.chmod(0o755)

    def tools(self, *names: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["/bin/sh", str(SCRIPT), *names], env={"PATH": str(self.bin)},
            capture_output=True, text=True, check=False, timeout=30,
        )  # fmt: skip

    def called(self, name: str) -> list[str]:
        return [line for line in self.notes.read_text().splitlines() if line.startswith(name)]


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_nothing_is_done_where_nothing_is_missing(machine: Machine) -> None:
    machine.has("curl")
    done = machine.tools("curl")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert machine.notes.read_text() == ""


@pytest.mark.parametrize(
    ("user", "has_apt"), [("1000", True), ("0", False)], ids=["not root", "no apt-get"]
)
def test_a_missing_program_is_named_with_the_line_to_type(
    machine: Machine, user: str, has_apt: bool
) -> None:
    machine.has("id", says=user)
    if has_apt:
        machine.has("apt-get")
    done = machine.tools("curl", "node")
    assert done.returncode == 2
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert "sudo apt-get install curl nodejs" in line
    assert machine.called("apt-get") == []


def test_root_with_apt_get_gets_what_is_missing_and_nothing_else(machine: Machine) -> None:
    machine.has("id", says="0")
    machine.has("apt-get")
    machine.has("curl")
    done = machine.tools("curl", "node")
    assert done.returncode == 0, done.stderr
    *_, install = machine.called("apt-get")
    assert install.split()[1] == "install"
    assert install.split()[-1] == "nodejs"
    assert "curl" not in install


@pytest.mark.parametrize("step", ["update", "install"])
def test_an_install_that_fails_ends_like_a_missing_program(machine: Machine, step: str) -> None:
    machine.has("id", says="0")
    machine.has("apt-get", fails_at=step)
    done = machine.tools("curl")
    assert done.returncode == 2
    assert "sudo apt-get install curl" in done.stderr


def test_make_test_looks_for_tools_before_anything_else() -> None:
    done = subprocess.run(
        ["make", "--no-print-directory", "-n", "test", "VENV=/nowhere"],
        cwd=ROOT, env=os.environ | {"MAKEFLAGS": ""},
        capture_output=True, text=True, check=True, timeout=30,
    )  # fmt: skip
    assert done.stdout.splitlines()[0] == "requirements/tools curl"
