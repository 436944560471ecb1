"""The two streams: what a command is asked for goes to stdout, what is told on the way to stderr.

`NO_COLOR`, dumb and narrow terminals are Rich's; what is piped is plain and never folded.
"""

from __future__ import annotations

from typing import Final

from rich.console import Console
from rich.table import Table
from rich.theme import Theme

_FOLD_NEVER: Final = 10_000
_THEME: Final = Theme(
    {
        "outcome.delivered": "green",
        "outcome.degraded": "yellow",
        "outcome.queued": "yellow",
        "outcome.failed": "red",
        "outcome.skipped": "dim",
    }
)


def stdout() -> Console:
    """A console on stdout."""
    return _console(stderr=False)


def stderr() -> Console:
    """A console on stderr."""
    return _console(stderr=True)


def _console(*, stderr: bool) -> Console:
    console = Console(stderr=stderr, highlight=False, markup=False, emoji=False, theme=_THEME)
    if not console.is_terminal:
        console.width = _FOLD_NEVER
    return console


def columns(*heads: str) -> Table:
    """An empty table with these heads and no frame: it reads, greps and folds well."""
    table = Table(*heads, box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for column in table.columns:
        column.overflow = "fold"
    return table
