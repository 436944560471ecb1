"""Nothing that a part starts outlives it."""

import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from benchmarks import tools
from benchmarks.processes import cpu_s, line_from, running

# Starts a child that would live on, prints its pid, and waits for ever.
PARENT = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"])
print(child.pid, flush=True)
child.wait()
"""
BURN = "import signal; print(sum(i * i for i in range(3_000_000)), flush=True); signal.pause()"


def lives(pid: int) -> bool:
    stat = Path(f"/proc/{pid}/stat")
    with suppress(OSError):
        return stat.read_text("ascii").rpartition(")")[2].split()[0] != "Z"
    return False


def test_a_process_and_its_children_end_with_the_block() -> None:
    with running([sys.executable, "-c", PARENT]) as process:
        child = int(line_from(process))
        assert lives(child)
    assert not lives(process.pid)
    assert not lives(child)


def test_they_end_also_when_the_part_fails() -> None:
    children = []

    def part() -> None:
        with running([sys.executable, "-c", PARENT]) as process:
            children.extend([process.pid, int(line_from(process))])
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        part()
    assert not any(map(lives, children))


def test_an_interrupt_while_a_process_starts_ends_it_too(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[int] = []
    start = subprocess.Popen.__init__

    def interrupted(process: subprocess.Popen[str], *args: Any, **options: Any) -> None:
        start(process, *args, **options)
        started.append(process.pid)
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(subprocess.Popen, "__init__", interrupted)
    with pytest.raises(KeyboardInterrupt), running([sys.executable, "-c", PARENT]):
        pass
    (pid,) = started
    assert not lives(pid)


@pytest.mark.parametrize("with_signal", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_bench_leaves_no_process_behind(with_signal: signal.Signals) -> None:
    bench = subprocess.Popen(
        [sys.executable, "-m", "benchmarks", "mix"],
        cwd=tools.ROOT,
        env=os.environ | tools.environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert bench.stderr is not None
    bench.stderr.readline()  # the upstream is up
    started = _below(bench.pid)
    bench.send_signal(with_signal)
    assert bench.wait(20) == 130
    bench.stderr.close()
    assert started
    assert not any(map(lives, started))


def _below(pid: int) -> list[int]:
    text = Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii")
    return [int(child) for child in text.split()]


def test_a_process_that_says_nothing_is_an_error_that_names_it() -> None:
    with (
        running([sys.executable, "-c", "raise SystemExit(3)"]) as process,
        pytest.raises(RuntimeError, match=r"SystemExit.*ended with 3"),
    ):
        line_from(process)


def test_cpu_time_counts_the_children_in() -> None:
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {BURN!r}])"
    with running([sys.executable, "-c", parent]) as process:
        line_from(process)
        alone = os.sysconf("SC_CLK_TCK")
        used = Path(f"/proc/{process.pid}/stat").read_text("ascii").rpartition(")")[2].split()[11]
        assert cpu_s(process.pid) > int(used) / alone + 0.1
