"""What a call's caller gets to see: the body on stdout, or one JSON object."""

from __future__ import annotations

import json
import sys
from typing import Any, Final

from battle_healer.model import Asked, Outcome
from battle_healer.text import safe

_TERMINAL_BYTES: Final = 200_000
_LINE_CHARACTERS: Final = 4_000


def write_body(body: bytes) -> str | None:
    """Write an answer's body to stdout; returns what to say of it, if anything.

    Piped, it goes out byte for byte. To a terminal it goes as safe text, since it is not ours,
    and no more of it than anybody would read.
    """
    if not sys.stdout.isatty():
        sys.stdout.buffer.write(body)
        sys.stdout.buffer.flush()
        return None
    shown = body[:_TERMINAL_BYTES]
    lines = shown.decode("utf-8", "backslashreplace").splitlines()
    sys.stdout.write("".join(f"{_line(line)}\n" for line in lines))
    if len(body) > len(shown):
        return f"{len(shown)} of {len(body)} bytes shown; pipe it to have all"
    return None


def _line(text: str) -> str:
    return "\t".join(safe(part, _LINE_CHARACTERS) if part else "" for part in text.split("\t"))


def public(outcome: Outcome, status: int | None, body: bytes | None) -> dict[str, Any]:
    """The object that `--json` prints. body: None where no answer came."""
    queued = outcome.queued
    return {
        "outcome": outcome.kind.value,
        "status": status,
        "body": None if body is None else _value(body),
        "reason": outcome.reason,
        "effect": outcome.effect,
        "steps": [
            {
                "action": step.action,
                "reason": step.reason,
                "planner": step.planner,
                "wait_s": round(step.wait_s, 6),
                "kind": step.kind.value,
                "region": step.region,
                "credential": step.credential,
                "menu": list(step.menu),
                "asked": None if step.asked is None else _asked(step.asked),
                "vetoes": [
                    {"action": v.action, "invariant": v.invariant, "why": v.why}
                    for v in step.vetoes
                ],
            }
            for step in outcome.steps
        ],
        "requests": outcome.requests,
        "refreshes": outcome.refreshes,
        "verified": outcome.verified,
        "adapted": [operation.public() for operation in outcome.adapted],
        "degradation": outcome.degradation,
        "region": outcome.region,
        "episode": outcome.episode,
        "correlation_id": outcome.correlation_id,
        "queued": None if queued is None else {"id": queued.id, "durable": queued.durable},
    }


def _asked(asked: Asked) -> dict[str, Any]:
    return {
        "planner": asked.planner,
        "said": asked.said,
        "why": asked.why,
        "scores": dict(asked.scores),
        "sent": asked.sent,
        "model_calls": asked.model_calls,
        "tokens": asked.tokens,
    }


def _value(body: bytes) -> Any:
    """The body as JSON, else as text; what is not UTF-8 is shown as escapes."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return body.decode("utf-8", "backslashreplace")
