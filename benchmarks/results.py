"""RESULTS.md: one section a part, each replaced whole when its part is measured again."""

from __future__ import annotations

import os
import platform
import re
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from benchmarks.part import Part
from benchmarks.tools import ROOT

HEAD: Final = """# Results

Written by `make bench`; a section by `make bench ONLY=name`. Peers are installed by
`make bench-tools`, at the versions of requirements/bench.lock and benchmarks/package-lock.json.
What each figure means, and by which rules a call is right: benchmarks/README.md.
"""


def stamped(part: Part, lines: Sequence[str], seconds: float) -> str:
    """A section of the page."""
    when = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    where = f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}"
    command = f"make bench ONLY={part.name}"
    stamp = f"`{command}`, {when}, {_commit()}, Python {platform.python_version()}, {where}"
    body = "\n".join((f"## {part.title}", "", f"{stamp}; took {seconds:.0f} s.", "", *lines))
    return f"{_begin(part)}\n{body.rstrip()}\n{_end(part)}\n"


def _begin(part: Part) -> str:
    return f"<!-- begin {part.name} -->"


def _end(part: Part) -> str:
    return f"<!-- end {part.name} -->"


def _commit() -> str:
    told = subprocess.run(  # noqa: S603 - no input of anybody's
        ["git", "-C", str(ROOT), "describe", "--always", "--dirty"],  # noqa: S607 - as installed
        capture_output=True,
        text=True,
        check=False,
    )
    return f"commit {told.stdout.strip()}" if told.returncode == 0 else "no commit"


def put(page: Path, parts: Sequence[Part], part: Part, section: str) -> None:
    """Write a section onto the page, in the order of the parts; the others stay as they are."""
    text = page.read_text("utf-8") if page.exists() else ""
    kept = {p.name: _section(text, p) for p in parts} | {part.name: section}
    page.write_text("\n".join([HEAD, *filter(None, kept.values())]), "utf-8")


def _section(text: str, part: Part) -> str:
    found = re.search(f"{_begin(part)}.*?{_end(part)}\n", text, re.DOTALL)
    return found[0] if found else ""
