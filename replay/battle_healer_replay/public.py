"""Entries, stories and figures as plain data: one shape for `--json` and for the HTTP API."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from battle_healer.text import safe_url
from battle_healer_replay.entry import Entry
from battle_healer_replay.operations.look import Stats, Story


def public_entry(entry: Entry) -> dict[str, Any]:
    """An entry as plain data."""
    return asdict(entry) | {"needs_decision": entry.needs_decision}


def public_story(story: Story) -> dict[str, Any]:
    """A story as plain data; bodies as text, what is not UTF-8 as escapes."""
    payloads = [
        asdict(p)
        | {
            "url": safe_url(p.url),
            "body": None if p.body is None else p.body.decode("utf-8", "backslashreplace"),
        }
        for p in story.payloads
    ]
    return public_entry(story.entry) | {
        "payloads": payloads,
        "attempts": [asdict(attempt) for attempt in story.attempts],
        "actions": [asdict(action) for action in story.actions],
    }


def public_stats(stats: Stats) -> dict[str, Any]:
    """The figures as plain data."""
    return asdict(stats)
