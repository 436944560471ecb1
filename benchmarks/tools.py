"""Where the peers live, and what to type if they do not.

Peers are installed by `make bench-tools` into places of their own, never into .venv. What is not
installed is left out of a table, and named below it.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[1]
NODE_MODULES: Final = ROOT / "benchmarks/node_modules"
INSTALL: Final = "make bench-tools"
_BENCH_PYTHON: Final = ROOT / ".venv-bench/bin/python"
_ROOMS: Final = ("agent", "mock_server", "scenarios", "cli", "replay")


def python() -> str:
    """The interpreter beside which the peers are installed, else our own."""
    return str(_BENCH_PYTHON if _BENCH_PYTHON.exists() else sys.executable)


def environment() -> dict[str, str]:
    """Variables under which that interpreter finds this checkout."""
    rooms = (str(ROOT / room) for room in _ROOMS)
    return {"PYTHONPATH": ":".join((*rooms, str(ROOT)))}


_VERSIONS: Final = """
import json, sys
from importlib.metadata import PackageNotFoundError, version
found = {}
for name in sys.argv[1:]:
    try:
        found[name] = version(name)
    except PackageNotFoundError:
        pass
print(json.dumps(found))
"""


@cache
def versions(names: tuple[str, ...]) -> dict[str, str]:
    """Versions of those packages that are installed beside the peers; this checkout's own too."""
    found: dict[str, str] = json.loads(
        subprocess.run(  # noqa: S603 - our own interpreter
            [python(), "-c", _VERSIONS, *names], check=True, capture_output=True, text=True
        ).stdout
    )
    if "battle-healer" in names:
        found["battle-healer"] = ours()
    return found


def ours() -> str:
    """Version of this checkout."""
    try:
        return version("battle-healer")
    except PackageNotFoundError:
        return "checkout"


def node_version(package: str) -> str | None:
    """Version of an npm package of the bench tools; None if it is not installed."""
    manifest = NODE_MODULES / package / "package.json"
    return json.loads(manifest.read_text("utf-8"))["version"] if manifest.exists() else None


def absent(names: Iterable[str]) -> list[str]:
    """Lines that say what is not installed, and what to type."""
    return [f"Not installed: {', '.join(names)}. To install: `{INSTALL}`.", ""] if names else []
