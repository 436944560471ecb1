"""Mockoon's command line: two routes with rules on headers, templating as by default.

Source: https://mockoon.com/cli/
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

from benchmarks.mocks.mock import MADE, PATH, READ, REFUSED, TOKEN, Mock, asks
from benchmarks.tools import NODE_MODULES

_FAILING: Final = {"X-Simulate-Failure": "region_down"}


def _rule(header: str, value: str) -> dict[str, Any]:
    rule = {"target": "header", "modifier": header, "value": value, "invert": False}
    return rule | {"operator": "equals"}


def _response(
    status: int, body: Mapping[str, Any], rule: dict[str, Any], *, default: bool = False
) -> dict[str, Any]:
    return {
        "uuid": str(uuid4()),
        "body": json.dumps(body),
        "statusCode": status,
        "headers": [{"key": "Content-Type", "value": "application/json"}],
        "bodyType": "INLINE",
        "rules": [rule],
        "rulesOperator": "AND",
        "default": default,
    }


def _route(method: str, status: int, body: Mapping[str, Any]) -> dict[str, Any]:
    responses = [
        _response(503, REFUSED, _rule("X-Simulate-Failure", "region_down")),
        _response(status, body, _rule("Authorization", f"Bearer {TOKEN}")),
        _response(401, {}, _rule("Never", "sent"), default=True),
    ]
    return {
        "uuid": str(uuid4()),
        "type": "http",
        "method": method,
        "endpoint": PATH.strip("/"),
        "responses": responses,
    }


def _command(port: int, folder: Path) -> list[str]:
    routes = [_route("get", 200, READ), _route("post", 201, MADE)]
    children = [{"type": "route", "uuid": route["uuid"]} for route in routes]
    environment = {
        "uuid": str(uuid4()),
        "lastMigration": 33,
        "name": "bench",
        "port": port,
        "hostname": "127.0.0.1",
        "routes": routes,
        "rootChildren": children,
    }
    (folder / "mockoon.json").write_text(json.dumps(environment), "utf-8")
    program = NODE_MODULES / "@mockoon/cli/bin/run.js"
    return [
        "node",
        str(program),
        "start",
        "--data",
        str(folder / "mockoon.json"),
        "--port",
        str(port),
        "--repair",
        "--disable-log-to-file",
    ]


ROW: Final = Mock("Mockoon", "@mockoon/cli", _command, lambda _: asks(TOKEN, _FAILING))
