"""Prism: answers by an OpenAPI document, and validates each request against it.

Source: https://docs.stoplight.io/docs/prism
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from benchmarks.mocks.mock import MADE, PATH, READ, REFUSED, TOKEN, Mock, asks
from benchmarks.tools import NODE_MODULES


def _answer(example: Mapping[str, Any]) -> dict[str, Any]:
    return {"description": "", "content": {"application/json": {"example": dict(example)}}}


def _document() -> dict[str, Any]:
    charge = {
        "type": "object",
        "required": ["transactionId", "amount"],
        "properties": {"transactionId": {"type": "string"}, "amount": {"type": "number"}},
    }
    body = {"required": True, "content": {"application/json": {"schema": charge}}}
    read = {"responses": {"200": _answer(READ), "503": _answer(REFUSED)}}
    write = {"requestBody": body, "responses": {"201": _answer(MADE), "503": _answer(REFUSED)}}
    bearer = {"bearer": {"type": "http", "scheme": "bearer"}}
    return {
        "openapi": "3.0.3",
        "info": {"title": "bench", "version": "1"},
        "components": {"securitySchemes": bearer},
        "security": [{"bearer": []}],
        "paths": {PATH: {"get": read, "post": write}},
    }


def _command(port: int, folder: Path) -> list[str]:
    (folder / "openapi.json").write_text(json.dumps(_document()), "utf-8")
    program = NODE_MODULES / "@stoplight/prism-cli/dist/index.js"
    return [
        "node",
        str(program),
        "mock",
        "--port",
        str(port),
        "--host",
        "127.0.0.1",
        "--verboseLevel",
        "silent",
        str(folder / "openapi.json"),
    ]


ROW: Final = Mock(
    "Prism", "@stoplight/prism-cli", _command, lambda _: asks(TOKEN, {"Prefer": "code=503"})
)
