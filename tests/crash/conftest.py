"""Programs that are killed again and again, and where they keep their queue."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from tests.support.postgres import Server, database, running, url_of

EXIT_USAGE = 2
EXIT_INTERRUPTED = 130
Program = subprocess.Popen[bytes]


@dataclass
class Programs:
    """Programs by name, each started anew when it was killed. kills: how many died by a kill."""

    folder: Path
    running: dict[str, Program] = field(default_factory=dict)
    kills: int = 0
    began: dict[str, int] = field(default_factory=dict)  # where its newest words begin in its log

    def start(
        self, name: str, argv: list[str], failpoint: str | None = None, home: str = "home"
    ) -> None:
        env = os.environ | {"HEALER_HOME": str(self.folder / home)}
        env.pop("HEALER_FAILPOINT", None)
        if failpoint is not None:
            env["HEALER_FAILPOINT"] = failpoint
        log = self.folder / f"{name}.log"
        with log.open("ab") as out:
            self.began[name] = out.tell()
            self.running[name] = subprocess.Popen(
                [sys.executable, *argv], env=env, stdin=subprocess.DEVNULL, stdout=out, stderr=out
            )

    def works(self, name: str) -> bool:
        """Whether a worker that runs has begun to: before that a kill has nothing to hit."""
        return name in self.running and "working on" in self._words(name)

    def kill(self, name: str) -> None:
        self.running[name].kill()
        self.ended(name, wait_s=10)

    def ended(self, name: str, wait_s: float = 0) -> bool:
        """Whether a program has ended well; one that was killed is counted, and forgotten."""
        program = self.running.get(name)
        if program is None:
            return False
        code = program.wait(wait_s) if wait_s else program.poll()
        if code is None:
            return False
        if code == -signal.SIGKILL:
            self.kills += 1
            del self.running[name]
            return False
        said = self._words(name)
        if code == EXIT_USAGE and "it does not answer" in said:
            del self.running[name]  # it was started while its database was away
            return False
        if code == EXIT_INTERRUPTED and "working on" not in said:
            return True  # it was asked to end before it had begun to work
        assert code == 0, f"{name} ended with {code}: {said[-2000:]}"
        return True

    def _words(self, name: str) -> str:
        """What it has said since it was started last."""
        said = (self.folder / f"{name}.log").read_bytes().decode("ascii", "replace")
        return said[self.began[name] :]

    def stop_all(self) -> None:
        """Ask each to end, and see that it ends well."""
        for program in self.running.values():
            program.terminate()
        for name in self.running:
            assert self.ended(name, wait_s=30), f"{name} was killed"
        self.running.clear()


@pytest.fixture
def programs(tmp_path: Path) -> Iterator[Programs]:
    started = Programs(tmp_path)
    yield started
    for program in started.running.values():
        program.kill()
        program.wait()


@dataclass(frozen=True)
class Place:
    """A queue's address; server: None for a file."""

    url: str
    server: Server | None


@pytest.fixture(params=["sqlite", "postgres"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """A durable queue: PostgreSQL on a server of its own that does wait for the disk."""
    if request.param == "sqlite":
        yield Place(f"sqlite:{tmp_path / 'queue.db'}", None)
        return
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="bh-cr-", dir="/tmp"))
        server = stack.enter_context(running(Path(folder)))
        yield Place(url_of(stack.enter_context(database(server.address))), server)
