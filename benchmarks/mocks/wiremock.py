"""WireMock, its journal of requests on as by default; needs Java.

Source: https://wiremock.org/docs/standalone/java-jar/
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from benchmarks.mocks.mock import MADE, PATH, READ, REFUSED, TOKEN, Mock, asks
from benchmarks.tools import NODE_MODULES

_SIGNED: Final = {"Authorization": {"equalTo": f"Bearer {TOKEN}"}}
_FAILING: Final = {"X-Simulate-Failure": "region_down"}


def _stub(priority: int, request: dict[str, Any], status: int, body: Any) -> dict[str, Any]:
    return {
        "priority": priority,
        "request": {"urlPath": PATH} | request,
        "response": {
            "status": status,
            "jsonBody": body,
            "headers": {"Content-Type": "application/json"},
        },
    }


def _command(port: int, folder: Path) -> list[str]:
    failing = {"X-Simulate-Failure": {"equalTo": "region_down"}}
    charge = [{"matchesJsonPath": "$.transactionId"}, {"matchesJsonPath": "$.amount"}]
    write = {"method": "POST", "headers": _SIGNED, "bodyPatterns": charge}
    mappings = [
        _stub(1, {"method": "ANY", "headers": failing}, 503, dict(REFUSED)),
        _stub(2, {"method": "GET", "headers": _SIGNED}, 200, dict(READ)),
        _stub(2, write, 201, dict(MADE)),
    ]
    (folder / "mappings").mkdir()
    (folder / "mappings/all.json").write_text(json.dumps({"mappings": mappings}), "utf-8")
    jar = next((NODE_MODULES / "wiremock/build").glob("wiremock-standalone-*.jar"))
    return [
        "java",
        "-jar",
        str(jar),
        "--port",
        str(port),
        "--root-dir",
        str(folder),
        "--bind-address",
        "127.0.0.1",
        "--disable-banner",
    ]


ROW: Final = Mock("WireMock", "wiremock", _command, lambda _: asks(TOKEN, _FAILING))
