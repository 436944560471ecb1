"""JSON Schemas that the server publishes: what a charge must be, and what an answer is."""

from __future__ import annotations

from typing import Any, Final

Schema = dict[str, Any]

_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"

CHARGE_REQUEST: Final[Schema] = {
    "$schema": _DIALECT,
    "$id": "/schemas/charge-request.json",
    "title": "ChargeRequest",
    "description": "The body of POST /external-api.",
    "type": "object",
    "required": ["transactionId", "amount"],
    "additionalProperties": False,
    "properties": {
        "transactionId": {"type": "string", "minLength": 1, "maxLength": 128},
        "amount": {"type": "number", "exclusiveMinimum": 0},
        "currency": {"type": "string", "pattern": "^[A-Z]{3}$", "default": "EUR"},
        "note": {"type": "string", "maxLength": 500},
    },
}

CHARGE: Final[Schema] = {
    "$schema": _DIALECT,
    "$id": "/schemas/charge.json",
    "title": "Charge",
    "description": "The record made by an accepted POST /external-api.",
    "type": "object",
    "required": [
        "message", "chargeId", "transactionId", "amount",
        "currency", "status", "region", "createdAt",
    ],
    "properties": {
        "message": {"type": "string"},
        "chargeId": {"type": "string"},
        "transactionId": {"type": "string"},
        "amount": {"type": "number"},
        "currency": {"type": "string", "pattern": "^[A-Z]{3}$"},
        "note": {"type": "string"},
        "status": {"type": "string", "enum": ["accepted"]},
        "region": {"type": "string"},
        "createdAt": {"type": "string", "format": "date-time"},
    },
}  # fmt: skip

STATUS: Final[Schema] = {
    "$schema": _DIALECT,
    "$id": "/schemas/status.json",
    "title": "Status",
    "description": "The answer of GET /external-api.",
    "type": "object",
    "required": ["message", "status", "region", "servedAt"],
    "properties": {
        "message": {"type": "string"},
        "status": {"type": "string", "enum": ["operational"]},
        "region": {"type": "string"},
        "servedAt": {"type": "string", "format": "date-time"},
    },
}

PROBLEM: Final[Schema] = {
    "$schema": _DIALECT,
    "$id": "/schemas/problem.json",
    "title": "Problem",
    "description": "A problem document (RFC 9457) with the members that this server adds.",
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "processed": {"const": False},
        "retry_budget": {"type": ["integer", "null"]},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["pointer", "code", "detail"],
                "properties": {
                    "pointer": {"type": "string"},
                    "code": {"type": "string"},
                    "detail": {"type": "string"},
                    "hint": {"type": "object", "description": "A JSON Patch operation (RFC 6902)."},
                },
            },
        },
        "known": {"type": "array", "items": {"type": "string"}},
        "nearest": {"type": ["string", "null"]},
    },
}

PUBLISHED: Final[dict[str, Schema]] = {
    "charge-request": CHARGE_REQUEST,
    "charge": CHARGE,
    "status": STATUS,
    "problem": PROBLEM,
}
