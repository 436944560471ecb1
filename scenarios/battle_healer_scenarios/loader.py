"""The scenarios that come with the package, by name; and any file, by path."""

from __future__ import annotations

import difflib
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import TYPE_CHECKING

from battle_healer_scenarios.errors import ScenarioError

if TYPE_CHECKING:
    from battle_healer_scenarios.scenario import Scenario


def names() -> tuple[str, ...]:
    """The names of the built-in scenarios, sorted."""
    files = (entry.name for entry in _folder().iterdir())
    return tuple(sorted(name.removesuffix(".yaml") for name in files if name.endswith(".yaml")))


def text(name: str) -> str:
    """The file of a built-in scenario, as it is. Raises ScenarioError if there is none."""
    if name not in names():
        near = difflib.get_close_matches(name, names(), 1)
        hint = f"Did you mean {near[0]!r}? " if near else ""
        raise ScenarioError(
            f"unknown scenario {name!r}", "scenario", f"{hint}Known: {', '.join(names())}."
        )
    return (_folder() / f"{name}.yaml").read_text("utf-8")


def load(name: str) -> Scenario:
    """A built-in scenario by name, or a file by path. Raises ScenarioError.

    name: a path if it ends in `.yaml` or `.yml` or holds a slash, else a built-in name.
    """
    from battle_healer_scenarios.reading import parse  # noqa: PLC0415 - opens pydantic

    if name.endswith((".yaml", ".yml")) or "/" in name:
        return parse(_read(Path(name)), name)
    scenario = parse(text(name), f"{name}.yaml")
    if scenario.name != name:
        raise ScenarioError(
            f"the scenario calls itself {scenario.name!r}", f"{name}.yaml", "Name it like its file."
        )
    return scenario


def load_all() -> tuple[Scenario, ...]:
    """Every built-in scenario, sorted by name."""
    return tuple(load(name) for name in names())


def _folder() -> Traversable:
    return resources.files("battle_healer_scenarios") / "files"


def _read(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        raise ScenarioError("not UTF-8 text", str(path), "Save the file as UTF-8.") from error
    except OSError as error:
        raise ScenarioError(
            f"cannot be read: {error.strerror}", str(path), "`healer scenarios list` names others."
        ) from error
