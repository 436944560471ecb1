"""docs/defaults.md, written from the defaults table."""

from __future__ import annotations

from dataclasses import fields
from typing import Final

from battle_healer.rules import Bounds

_HEAD: Final = """\
# Defaults

What bounds a call when nothing else is said. A policy changes a row under `bounds:`, within the
range; a call changes its own deadline. This page is written from the table in `rules.py`.

| bound | default | range | unit | meaning | source |
|---|---|---|---|---|---|
"""


def defaults_markdown() -> str:
    """Return the whole page, ending with a line end."""
    return _HEAD + "".join(
        f"| `{bound.name}` | {bound.default} | {bound.metadata['least']} to "
        f"{bound.metadata['most']} | {bound.metadata['unit']} | {bound.metadata['meaning']} | "
        f"{bound.metadata['source']} |\n"
        for bound in fields(Bounds)
    )
