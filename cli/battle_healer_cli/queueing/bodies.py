"""The new body of an entry, as somebody typed it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from battle_healer_cli.complaints import UsageError


def new_body(json_body: str | None, file: Path | None) -> bytes:
    """The bytes that are to be sent. Raises UsageError unless exactly one usable body is given."""
    if (json_body is None) == (file is None):
        raise UsageError(
            "no single new body",
            "healer queue edit",
            "Give --json-body or --body-file, one of them.",
        )
    if file is not None:
        try:
            return file.read_bytes()
        except OSError as error:
            said = (error.strerror or "it cannot be read").lower()
            raise UsageError(said, str(file), "Name a file that exists.") from error
    text = json_body or ""
    try:
        json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise UsageError(
            f"no JSON: {error}", "--json-body", "Write JSON, or use --body-file for other bytes."
        ) from error
    return text.encode("utf-8", "replace")


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no number that every reader takes")
