"""What it costs to start: whole processes, CPU time, medians of interleaved rounds."""

from __future__ import annotations

import os
import statistics
from typing import Final

from benchmarks import tools
from benchmarks.part import Say, Target, table, targets

ROUNDS: Final = 11
IMPORT_MS: Final = 60.0
HELP_TIMES: Final = 2.0
PROGRAMS: Final = {
    "nothing": "pass",
    "import httpx": "import httpx",
    "import httpx2": "import httpx2",
    "import battle_healer": "import battle_healer",
    "import HealingClient": "from battle_healer import HealingClient",
    "import typer and rich": "import typer, rich.console, rich.table",
    "healer --help": "import sys; sys.argv = ['healer', '--help']; "
    "from battle_healer_cli.main import main; main()",
}
"""What is measured → the program of a fresh interpreter."""


def _cpu_ms(program: str) -> float:
    """CPU time of a whole process, user and system. Raises RuntimeError if it fails."""
    environment = {**os.environ, **tools.environment()}
    nowhere = os.open(os.devnull, os.O_RDWR)
    quiet = [(os.POSIX_SPAWN_DUP2, nowhere, 1), (os.POSIX_SPAWN_DUP2, nowhere, 2)]
    command = [tools.python(), "-c", program]
    pid = os.posix_spawn(command[0], command, environment, file_actions=quiet)
    os.close(nowhere)
    _, status, used = os.wait4(pid, 0)
    if status:
        raise RuntimeError(f"{program!r} ended with {os.waitstatus_to_exitcode(status)}")
    return (used.ru_utime + used.ru_stime) * 1000


def report(say: Say) -> list[str]:
    """A table, and the targets."""
    present = {name: text for name, text in PROGRAMS.items() if _is_installed(name)}
    rounds: dict[str, list[float]] = {name: [] for name in present}
    for turn in range(ROUNDS + 1):
        for name, program in present.items():
            figure = _cpu_ms(program)
            if turn:  # the first round compiles bytecode
                rounds[name].append(figure)
    medians = {name: statistics.median(figures) for name, figures in rounds.items()}
    say(", ".join(f"{name} {median:.0f} ms" for name, median in medians.items()))
    rows = [
        (name, f"{median:.0f}", f"{min(rounds[name]):.0f} to {max(rounds[name]):.0f}")
        for name, median in medians.items()
    ]
    absent = [name.removeprefix("import ") for name in PROGRAMS if name not in present]
    return [
        *table(("a process that does", "ms of CPU", "spread"), rows),
        *tools.absent(absent),
        *targets(_targets(medians)),
    ]


def _is_installed(name: str) -> bool:
    return name != "import httpx" or bool(tools.versions(("httpx",)))


def _targets(medians: dict[str, float]) -> list[Target]:
    base = medians["import httpx2"]
    rows = [
        Target(
            f"{name}, over import httpx2",
            "≤ 60 ms",
            f"{medians[name] - base:+.0f} ms",
            medians[name] - base <= IMPORT_MS,
        )
        for name in ("import battle_healer", "import HealingClient")
    ]
    helped = medians["healer --help"] / medians["import typer and rich"]
    rows.append(
        Target(
            "healer --help, beside import typer and rich",
            "≤ 2 x",
            f"{helped:.1f} x",
            helped <= HELP_TIMES,
        )
    )
    return rows
