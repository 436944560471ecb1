"""Processes that are measured: each in a group of its own, and gone when its part ends."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Final

_PROC: Final = Path("/proc")
_TICKS_PER_S: Final = os.sysconf("SC_CLK_TCK")
_END_S: Final = 5.0


@contextmanager
def running(
    command: Sequence[str], environment: Mapping[str, str] | None = None
) -> Iterator[subprocess.Popen[str]]:
    """A process with its standard output piped; it and all that it started end with the block.

    environment: more variables. The group is its own, so that Ctrl-C reaches us first, and we it.
    """
    with ExitStack() as ending:
        with _interrupts_held():
            process = subprocess.Popen(  # noqa: S603 - the benchmarks' own command lines
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
                env={**os.environ, **(environment or {})},
                start_new_session=True,
            )
            ending.callback(_end, process)
        yield process


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """Signals to end come after the block: within it, a child may live that nobody knows yet.

    For the main thread. Not by a signal mask, which the child would inherit.
    """
    came: list[int] = []
    before = {
        number: signal.signal(number, lambda number, _: came.append(number))
        for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    for late in came:
        signal.raise_signal(late)


def _end(process: subprocess.Popen[str]) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    with suppress(subprocess.TimeoutExpired):
        process.wait(_END_S)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    _await_none(process.pid)
    if process.stdout is not None:
        process.stdout.close()


def _await_none(group: int) -> None:
    """Wait for the children, too: a signal is delivered when its process next runs."""
    end = time.monotonic() + _END_S
    while time.monotonic() < end and any(_is_of(group, stat) for stat in _PROC.glob("[0-9]*/stat")):
        time.sleep(0.01)  # noqa: TID251 - waits for real processes


def _is_of(group: int, stat: Path) -> bool:
    with suppress(OSError):
        state, _, its, *_ = _fields(stat.read_text("ascii", "replace"))
        return state != "Z" and int(its) == group
    return False


def line_from(process: subprocess.Popen[str]) -> str:
    """The first line that a process prints. Raises RuntimeError if it ends without one."""
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        raise RuntimeError(f"{process.args!r} ended with {process.wait()} before it said a word")
    return line


def free_port() -> int:
    """A port of the loopback interface that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def await_port(process: subprocess.Popen[str], port: int, patience_s: float) -> None:
    """Return when somebody accepts on the port. Raises RuntimeError if nobody does in time."""
    end = time.monotonic() + patience_s
    while time.monotonic() < end and process.poll() is None:
        with suppress(OSError):
            socket.create_connection(("127.0.0.1", port), 0.5).close()
            return
        time.sleep(0.1)  # noqa: TID251 - waits for a real process
    raise RuntimeError(f"{process.args!r} does not listen on port {port}")


def cpu_s(pid: int) -> float:
    """Seconds of CPU, user and system, that a process and all below it have used."""
    parents = {}
    for entry in _PROC.glob("[0-9]*/stat"):
        with suppress(OSError):
            parents[int(entry.parent.name)] = entry.read_text("ascii", "replace")
    tree, found = {pid}, True
    while found:
        below = {p for p, stat in parents.items() if int(_fields(stat)[1]) in tree} - tree
        tree |= below
        found = bool(below)
    ticks = (sum(map(int, _fields(parents[p])[11:13])) for p in tree if p in parents)
    return sum(ticks) / _TICKS_PER_S


def _fields(stat: str) -> list[str]:
    """Fields of /proc/PID/stat from the third on: the second may hold blanks. See proc(5)."""
    return stat.rpartition(")")[2].split()
