"""JSON as the server sends it: the one writer of all replies."""

from __future__ import annotations

import json

from pydantic_core import PydanticSerializationError, to_json


def json_bytes(value: object) -> bytes:
    """`value` as JSON in UTF-8, without blanks.

    pydantic's writer takes 0.5 µs where the standard library's takes 2.9 (the payload of a GET).
    It refuses lone surrogates, which a client may send in a note; those are written as escapes.
    """
    try:
        return to_json(value)
    except PydanticSerializationError:
        return json.dumps(value).encode()
