"""The clients that are judged: one row each, bare and with the retries of their own manuals."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from importlib.metadata import version
from typing import Final

from benchmarks.clients import ROOT

_PROGRAMS: Final = "benchmarks.clients.programs"


@dataclass(frozen=True, slots=True)
class Client:
    """One client, set up in one way.

    command: the program, as contract.py wants it. retries: how it was told to try again.
    packages, tool: what is judged, and whose versions the report names.
    """

    name: str
    retries: str
    command: tuple[str, ...]
    packages: tuple[str, ...] = ()
    tool: str | None = None

    @property
    def title(self) -> str:
        """Name and retries in one."""
        return f"{self.name}, {self.retries}"

    @property
    def is_missing(self) -> bool:
        """Whether this machine lacks the program that it needs."""
        return self.tool is not None and shutil.which(self.tool) is None

    def versions(self) -> str:
        """Of all that takes part, as one text; empty for a command that was given by hand."""
        found = [f"{package} {version(package)}" for package in self.packages]
        return ", ".join(found + ([f"{self.tool} {_version_of(self.tool)}"] if self.tool else []))


def _version_of(tool: str) -> str:
    done = subprocess.run([tool, "--version"], capture_output=True, text=True, check=True)  # noqa: S603 - a name of the table
    found = re.search(r"\d+(\.\d+)+", done.stdout)
    return found[0] if found else "?"


def _python(module: str, *words: str) -> tuple[str, ...]:
    return (sys.executable, "-m", f"{_PROGRAMS}.{module}", *words)


def _node(*words: str) -> tuple[str, ...]:
    return ("node", str(ROOT / "benchmarks/clients/programs/with_fetch.mjs"), *words)


_HTTPX: Final = "transport retries=3"
_URLLIB3: Final = "urllib3 Retry(total=3)"
_LOOP: Final = "a loop of 4"
_REQUESTS: Final = ("requests", "urllib3")
_OURS: Final = ("battle-healer", "httpx2")

CLIENTS: Final = (
    Client("httpx2", "bare", _python("with_httpx", "httpx2", "0"), ("httpx2",)),
    Client("httpx2", _HTTPX, _python("with_httpx", "httpx2", "3"), ("httpx2",)),
    Client("httpx", "bare", _python("with_httpx", "httpx", "0"), ("httpx",)),
    Client("httpx", _HTTPX, _python("with_httpx", "httpx", "3"), ("httpx",)),
    Client("requests", "bare", _python("with_requests", "bare"), _REQUESTS),
    Client("requests", _URLLIB3, _python("with_requests", "retry"), _REQUESTS),
    Client("aiohttp", "bare", _python("with_aiohttp", "0"), ("aiohttp",)),
    Client("aiohttp", _LOOP, _python("with_aiohttp", "3"), ("aiohttp",)),
    Client("curl", "bare", _python("with_curl"), tool="curl"),
    Client("curl", "--retry 3", _python("with_curl", "--retry", "3"), tool="curl"),
    Client(
        "curl", "--retry 3 --retry-all-errors",
        _python("with_curl", "--retry", "3", "--retry-all-errors"), tool="curl",
    ),
    Client("fetch", "bare", _node("0"), tool="node"),
    Client("fetch", _LOOP, _node("3"), tool="node"),
    Client("HealingClient", "no policy", _python("with_healing", "bare"), _OURS),
    Client("HealingClient", "the mock's policy", _python("with_healing", "policy"), _OURS),
)  # fmt: skip
