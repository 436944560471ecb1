"""Ours: journal, ledger and tokens on, as it starts by default."""

from __future__ import annotations

import json
import sys
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from benchmarks.mocks.mock import Ask, Mock, asks

_MANY: Final = 900_000
"""Raises the quota of the token, which would end the run."""


def _command(port: int, folder: Path) -> list[str]:
    start = "from battle_healer_cli.main import main; main()"
    return [sys.executable, "-c", start, "mock", "--port", str(port), "--json"]


def _posted(port: int, path: str, body: Mapping[str, Any]) -> Any:
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}{path}",
        json.dumps(body).encode(),
        {"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request) as reply:  # noqa: S310 - the server that we started
        return json.load(reply)


def _asked(port: int) -> Mapping[str, Ask]:
    token = _posted(port, "/generate-api-key", {"userId": "bench"})["token"]
    more = {"token": token, "quota_delta": _MANY, "call_budget_delta": _MANY}
    _posted(port, "/simulate-budget", more)
    return asks(token, {"X-Simulate-Failure": "region_down*inf"}, made=200)


ROW: Final = Mock("battle-healer", "", _command, _asked)
