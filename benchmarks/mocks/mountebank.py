"""mountebank: one HTTP imposter that records its requests, connections kept alive.

Source: https://www.mbtest.org/docs/api/stubs
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from benchmarks.mocks.mock import MADE, PATH, READ, REFUSED, TOKEN, Mock, asks
from benchmarks.processes import free_port
from benchmarks.tools import NODE_MODULES

_FAILING: Final = {"X-Simulate-Failure": "region_down"}


def _stub(method: str, headers: Mapping[str, str], status: int, body: Any) -> dict[str, Any]:
    request = {"method": method, "path": PATH, "headers": dict(headers)}
    kept = {"Content-Type": "application/json", "Connection": "keep-alive"}
    answer = {"statusCode": status, "headers": kept, "body": dict(body)}
    return {"predicates": [{"equals": request}], "responses": [{"is": answer}]}


def _command(port: int, folder: Path) -> list[str]:
    signed = {"Authorization": f"Bearer {TOKEN}"}
    stubs = [
        _stub("GET", _FAILING, 503, REFUSED),
        _stub("GET", signed, 200, READ),
        _stub("POST", signed, 201, MADE),
    ]
    imposter = {"port": port, "protocol": "http", "recordRequests": True, "stubs": stubs}
    (folder / "mb.json").write_text(json.dumps({"imposters": [imposter]}), "utf-8")
    program = NODE_MODULES / "mountebank/bin/mb"
    return [
        "node",
        str(program),
        "start",
        "--port",
        str(free_port()),
        "--configfile",
        str(folder / "mb.json"),
        "--nologfile",
        "--loglevel",
        "error",
        "--pidfile",
        str(folder / "mb.pid"),
        "--localOnly",
    ]


ROW: Final = Mock("mountebank", "mountebank", _command, lambda _: asks(TOKEN, _FAILING))
