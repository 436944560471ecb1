"""The command, in this process or as a real one, and a mock server to aim it at."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from battle_healer_cli.main import main
from battle_healer_mock.server import MockServer, Options

COMMAND = Path(sys.executable).with_name("healer")


@dataclass(frozen=True)
class Ran:
    """What a command line came to."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@dataclass(frozen=True)
class Mock:
    """A running mock server, with a live token."""

    url: str
    token: str

    @property
    def bearer(self) -> str:
        return f"Authorization: Bearer {self.token}"

    def get(self, path: str) -> Any:
        with urllib.request.urlopen(self.url + path) as reply:  # noqa: S310 - our own server
            return json.load(reply)

    @property
    def effects(self) -> list[Any]:
        return list(self.get("/ledger")["effects"])


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory and home, and no settings of whoever runs the tests."""
    for name in [name for name in os.environ if name.startswith("HEALER_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HEALER_HOME", str(tmp_path / "home"))
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    return tmp_path / "work"


@pytest.fixture
def healer(capfdbinary: pytest.CaptureFixture[bytes]) -> Callable[..., Ran]:
    """Run a command line in this process."""

    def run(*argv: str) -> Ran:
        capfdbinary.readouterr()
        code = main(argv)
        sys.stdout.flush()
        sys.stderr.flush()
        out, err = capfdbinary.readouterr()
        return Ran(code, out.decode("utf-8", "backslashreplace"), err.decode())

    return run


@pytest.fixture
def spawn() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start the real command; whatever is left of it is ended with the test."""
    running: list[subprocess.Popen[str]] = []

    def start(*argv: str, **options: Any) -> subprocess.Popen[str]:
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        process = subprocess.Popen([COMMAND, *argv], **(pipes | options))
        running.append(process)
        return process

    yield start
    for process in running:
        process.kill()
        process.communicate()


@pytest.fixture(scope="session")
def server() -> Iterator[MockServer]:
    with MockServer(Options(port=0)) as running:
        yield running


@pytest.fixture
def mock(server: MockServer) -> Mock:
    """A mock server in a clean state."""
    server.state.reset()
    return Mock(server.url, server.issue_token())
