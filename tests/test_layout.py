"""The room list stands in several tables of pyproject.toml; this keeps them equal."""

import ast
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
CONFIG = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]
PACKAGES = [Path(p) for p in CONFIG["hatch"]["build"]["targets"]["wheel"]["packages"]]
ROOMS = [p.parts[0] for p in PACKAGES]
NAMES = [p.name for p in PACKAGES]
README_LINES = 25


def test_every_table_lists_the_same_rooms() -> None:
    assert CONFIG["mypy"]["mypy_path"] == ROOMS
    assert CONFIG["pyright"]["extraPaths"] == ROOMS
    assert CONFIG["ruff"]["src"] == ROOMS
    assert sorted(CONFIG["importlinter"]["root_packages"]) == sorted(NAMES)
    assert sorted(CONFIG["coverage"]["run"]["source_pkgs"]) == sorted(NAMES)


def test_a_room_holds_one_typed_package_and_is_none_itself() -> None:
    for package in PACKAGES:
        room = ROOT / package.parent
        assert (ROOT / package / "py.typed").is_file()
        assert not list(room.glob("*.py")), "would be importable by its bare name"
        assert [p.parent.name for p in room.glob("*/__init__.py")] == [package.name]


def test_a_room_opens_with_a_short_readme() -> None:
    for room in ROOMS:
        lines = (ROOT / room / "README.md").read_text("utf-8").splitlines()
        assert 0 < len(lines) <= README_LINES, room


@pytest.mark.parametrize("name", ["dev.lock", "bench.lock", "attacks.lock"])
def test_a_lock_names_no_address(name: str) -> None:
    lock = (ROOT / "requirements" / name).read_text("utf-8")
    assert "--hash=sha256:" in lock
    assert "://" not in lock
    assert "--index-url" not in lock
    assert "--find-links" not in lock


def test_no_test_skips_or_sleeps() -> None:
    for path in (ROOT / "tests").rglob("*.py"):
        names = {
            ast.unparse(node.func)
            for node in ast.walk(ast.parse(path.read_text("utf-8")))
            if isinstance(node, ast.Call)
        }
        assert not names & {"time.sleep", "pytest.skip", "pytest.xfail"}, path
