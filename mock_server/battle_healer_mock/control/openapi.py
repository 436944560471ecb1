"""The OpenAPI document: FastAPI's own, with the operations of the plain layer merged in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from battle_healer_mock.dialects.table import DIALECTS
from battle_healer_mock.faults.table import FAULTS, openapi_enum
from battle_healer_mock.regions import REGION_NAMES
from battle_healer_mock.schemas import CHARGE, CHARGE_REQUEST, PROBLEM, STATUS, Schema

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation that the plain layer serves, as data for the document."""

    path: str
    method: str
    summary: str
    answer: Schema
    body: Schema | None = None


OPERATIONS: Final = (
    Operation("/external-api", "get", "Read the state of the API", STATUS),
    Operation("/external-api", "post", "Make a charge, exactly once", CHARGE, CHARGE_REQUEST),
)

_EXAMPLE: Final = {"transactionId": "tx-1", "amount": 15}


def document(app: FastAPI) -> Json:
    """The whole document; made once, since the rows do not change while the server runs."""
    if app.openapi_schema is None:
        made = get_openapi(title=app.title, version="1", routes=app.routes)
        made["servers"] = [
            {"url": "/", "description": "region us"},
            {
                "url": "/regions/{region}",
                "variables": {"region": {"enum": list(REGION_NAMES), "default": "eu"}},
            },
        ]
        schemas = made.setdefault("components", {}).setdefault("schemas", {})
        schemas["FaultName"] = openapi_enum()
        for schema in (CHARGE_REQUEST, CHARGE, STATUS, PROBLEM):
            schemas[schema["title"]] = schema
        for operation in OPERATIONS:
            path = made["paths"].setdefault(operation.path, {})
            path[operation.method] = _described(operation)
        app.openapi_schema = made
    return app.openapi_schema


def _described(operation: Operation) -> Json:
    described: Json = {
        "tags": ["protected API"],
        "summary": operation.summary,
        "security": [{"bearer": []}],
        "parameters": [*_faults(), _header("X-Correlation-ID", "Names the call; echoed.")],
        "responses": {
            "200": {"description": "Done.", "content": _json_of(operation.answer["title"])},
            "default": {
                "description": "A refusal or an error, by default as a problem document.",
                "content": {"application/problem+json": _reference(PROBLEM["title"])},
            },
        },
    }
    if operation.body is not None:
        described["parameters"].append(
            _header("Idempotency-Key", "The same key and body give the first answer again.")
        )
        content = _json_of(operation.body["title"])
        content["application/json"]["example"] = _EXAMPLE
        described["requestBody"] = {"required": True, "content": content}
    return described


def _faults() -> list[Json]:
    names = ", ".join(fault.name for fault in FAULTS)
    text = f"NAME=value*count@region~dialect, with commas between. Names: {names}."
    dialects: Json = {"type": "string", "enum": [dialect.name for dialect in DIALECTS]}
    query: Json = {"in": "query", "required": False}
    return [
        {**_header("X-Simulate-Failure", text), "example": "region_down,repair"},
        {**query, "name": "simulate", "description": text, "schema": {"type": "string"}},
        {**query, "name": "dialect", "description": "How errors are spelled.", "schema": dialects},
    ]


def _header(name: str, text: str) -> Json:
    schema = {"type": "string"}
    return {"in": "header", "name": name, "required": False, "description": text, "schema": schema}


def _reference(title: str) -> Json:
    return {"schema": {"$ref": f"#/components/schemas/{title}"}}


def _json_of(title: str) -> Json:
    return {"application/json": _reference(title)}
