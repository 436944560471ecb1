"""Requests per second of server CPU: every mock that is installed, interleaved."""

from __future__ import annotations

import shutil
import statistics
import subprocess
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from benchmarks import tools
from benchmarks.mocks.mock import Ask, Mock
from benchmarks.mocks.table import MOCKS, OURS
from benchmarks.part import Say, Target, table, targets
from benchmarks.processes import await_port, cpu_s, free_port, running

ROUNDS: Final = 5
ROUND_S: Final = 1.2
WARM_UP_S: Final = 2.0
STARTS_WITHIN_S: Final = 60.0
TIMES: Final = 2.0


@dataclass(frozen=True, slots=True)
class Server:
    """A mock that runs."""

    pid: int
    port: int
    asks: Mapping[str, Ask]

    def per_cpu_s(self, ask: Ask, seconds: float) -> float:
        """Answers per second of CPU that the server and its children used meanwhile."""
        command = [sys.executable, "-m", "benchmarks.mocks.load"]
        command += [str(self.port), str(seconds), str(ask.status)]
        before = cpu_s(self.pid)
        load = subprocess.run(  # noqa: S603 - our own module
            command, input=ask.raw(self.port), check=True, stdout=subprocess.PIPE, cwd=tools.ROOT
        )
        return int(load.stdout) / max(cpu_s(self.pid) - before, 0.01)


def _is_installed(mock: Mock) -> bool:
    if not mock.needs:
        return True
    program = "java" if mock.needs == "wiremock" else "node"
    return tools.node_version(mock.needs) is not None and shutil.which(program) is not None


def report(say: Say) -> list[str]:
    """A table a request, and the targets."""
    present = [mock for mock in MOCKS if _is_installed(mock)]
    with ExitStack() as stack:
        servers = {mock.name: _started(stack, mock, say) for mock in present}
        figures = _measured(servers, say)
    lines, rows = [], []
    for ask, rounds in figures.items():
        medians = {name: statistics.median(values) for name, values in rounds.items()}
        ours = medians[OURS.name]
        lines += table(
            (ask, "requests per CPU-second", "spread", "ours is"),
            [
                (
                    _titled(name),
                    f"{medians[name]:,.0f}",
                    f"{min(v):,.0f} to {max(v):,.0f}",
                    "" if name == OURS.name else f"x{ours / medians[name]:.1f}",
                )
                for name, v in rounds.items()
            ],
        )
        rows += [
            Target(
                f"{ask}: ours beside {name}",
                "≥ 2 x",
                f"{ours / median:.1f} x",
                ours >= TIMES * median,
            )
            for name, median in medians.items()
            if name != OURS.name
        ]
    absent = tools.absent([mock.name for mock in MOCKS if mock not in present])
    return [*lines, *absent, *targets(rows)]


def _started(stack: ExitStack, mock: Mock, say: Say) -> Server:
    folder = Path(stack.enter_context(TemporaryDirectory()))
    port = free_port()
    process = stack.enter_context(running(mock.command(port, folder), tools.environment()))
    await_port(process, port, STARTS_WITHIN_S)
    server = Server(process.pid, port, mock.asked(port))
    for ask in server.asks.values():
        server.per_cpu_s(ask, WARM_UP_S)
    say(f"{mock.name} is warm")
    return server


def _measured(servers: Mapping[str, Server], say: Say) -> dict[str, dict[str, list[float]]]:
    figures: dict[str, dict[str, list[float]]] = {}
    for turn in range(ROUNDS):
        for name, server in servers.items():
            for title, ask in server.asks.items():
                figure = server.per_cpu_s(ask, ROUND_S)
                figures.setdefault(title, {}).setdefault(name, []).append(figure)
        say(f"round {turn + 1} of {ROUNDS}")
    return figures


def _titled(name: str) -> str:
    mock = next(mock for mock in MOCKS if mock.name == name)
    return f"{name} {tools.node_version(mock.needs) if mock.needs else tools.ours()}"
