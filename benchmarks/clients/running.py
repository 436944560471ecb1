"""Runs a client's program against a mock server, and brings home what the server wrote down."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx2

from benchmarks.clients import ROOT
from benchmarks.clients.contract import Call, Told

Json = dict[str, Any]
_LAST_WORDS: Final = 2000
_STOP_S: Final = 10


class BrokenProgramError(Exception):
    """A client's program ended with an error of its own, so that nothing can be said of it."""


@dataclass(frozen=True, slots=True)
class Books:
    """The server's own account of a run, as its endpoints give it."""

    journal: list[Json]
    ledger: list[Json]
    verdict: Json


@contextmanager
def mock_server() -> Iterator[tuple[str, str]]:
    """`healer mock` as a process of its own: its URL, and a token."""
    command = [str(Path(sys.executable).with_name("healer")), "mock", "--port", "0", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:  # noqa: S603 - our own command
        assert server.stdout is not None
        try:
            ready = json.loads(server.stdout.readline())
            yield ready["url"], ready["token"]
        finally:
            server.terminate()
            server.wait(_STOP_S)


def run(command: Sequence[str], calls: Sequence[Call], patience_s: float) -> list[Told]:
    """What a program says of the calls within `patience_s`; then it is killed.

    Raises BrokenProgramError if it ends by itself with an error, or says what cannot be read.
    """
    program = subprocess.Popen(  # noqa: S603 - a command of the table, or of the person who runs this
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True, start_new_session=True,
    )  # fmt: skip
    try:
        out, err = program.communicate("".join(call.line() for call in calls), patience_s)
        if program.returncode:
            raise BrokenProgramError(err[-_LAST_WORDS:])
    except subprocess.TimeoutExpired:
        _kill(program)
        out, _ = program.communicate()
    finally:
        _kill(program)
    try:
        return [Told.read(line) for line in out.splitlines()]
    except ValueError as error:
        raise BrokenProgramError(f"a line outside the contract: {error}") from error


def _kill(program: subprocess.Popen[str]) -> None:
    """End it with all that it started."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(program.pid, signal.SIGKILL)


def read_books(url: str) -> Books:
    """Close the traffic of a mock server, and read what it has."""
    with httpx2.Client(base_url=url) as client:
        verdict = client.post("/verdict/close", params={"wait_s": 5}, timeout=30)
        journal = client.get("/journal").json()["rows"]
        ledger = client.get("/ledger").json()["effects"]
        return Books(journal, ledger, verdict.json())
