"""Stories as lines of JSON, to move them from one queue to another. No secret is in them."""

from __future__ import annotations

import base64
import json
from dataclasses import asdict, fields
from typing import Any

from battle_healer.text import safe
from battle_healer_replay.entry import Action, Attempt, Entry, Payload, Reason, Result, State
from battle_healer_replay.errors import RefusedError
from battle_healer_replay.operations.look import Story

FORMAT = "battle-healer-entry-1"


def line_of(story: Story) -> str:
    """One line of JSON for one story; the body stands in base64."""
    payloads = [
        asdict(p) | {"body": None if p.body is None else base64.b64encode(p.body).decode()}
        for p in story.payloads
    ]
    told = {
        "format": FORMAT,
        "entry": asdict(story.entry),
        "payloads": payloads,
        "attempts": [asdict(attempt) for attempt in story.attempts],
        "actions": [asdict(action) for action in story.actions],
    }
    return json.dumps(told, ensure_ascii=False)


def story_of(line: str, where: str) -> Story:
    """The story of one line. Raises RefusedError for a line that is none."""
    try:
        told = json.loads(line)
        if told["format"] != FORMAT:
            raise ValueError(f"format {told['format']!r}")
        return Story(
            _entry(told["entry"]),
            tuple(_payload(row) for row in told["payloads"]),
            tuple(_attempt(row) for row in told["attempts"]),
            tuple(Action(**row) for row in told["actions"]),
        )
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise RefusedError(
            f"no entry stands there ({safe(str(error), 100)})",
            where,
            "Give it lines that `healer queue export` has written.",
        ) from error


def _entry(row: dict[str, Any]) -> Entry:
    names = {field.name for field in fields(Entry)}
    if set(row) != names:
        raise ValueError("its fields are others")
    reason = None if row["reason"] is None else Reason(row["reason"])
    return Entry(**row | {"state": State(row["state"]), "reason": reason})


def _payload(row: dict[str, Any]) -> Payload:
    body = None if row["body"] is None else base64.b64decode(row["body"], validate=True)
    headers = tuple((str(name), str(value)) for name, value in row["headers"])
    return Payload(**row | {"body": body, "headers": headers})


def _attempt(row: dict[str, Any]) -> Attempt:
    return Attempt(**row | {"result": Result(row["result"])})
