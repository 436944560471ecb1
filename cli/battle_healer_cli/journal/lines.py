"""Events as log lines, and as plain data."""

from __future__ import annotations

import json
from typing import Any

from battle_healer.journal.event import BEGUN, CANCELLED, ENDED, STEP, Event, outcome_of, step_of
from battle_healer_cli.journal.times import stamp
from battle_healer_cli.timeline import choice_of, outcome_line, seen_by


def line(event: Event) -> str:
    """Time, event, correlation id, provider, endpoint, region, and what happened; one line."""
    of, region = event.of, event.data.get("region") or event.of.region
    where = f"{of.correlation_id} {of.provider} {of.endpoint or '-'} {region}"
    return f"{stamp(event.at)} {event.name} {where}: {_said(event)}"


def public(event: Event) -> dict[str, Any]:
    """The event with the facts that all carry, for programs."""
    of = event.of
    facts = {
        "at": stamp(event.at),
        "event": event.name,
        "episode": of.episode,
        "call": of.call,
        "correlation_id": of.correlation_id,
        "tenant": of.tenant,
        "provider": of.provider,
        "region": of.region,
        "endpoint": of.endpoint,
        "method": of.method,
    }
    return facts | dict(event.data)


def _said(event: Event) -> str:
    data = event.data
    match event.name:
        case str(name) if name == BEGUN:
            return f"{event.of.method}, {_trouble(data)}"
        case str(name) if name == STEP:
            step = step_of(data)
            return f"{seen_by(step, data.get('status'))} → {choice_of(step)}: {step.reason}"
        case str(name) if name == ENDED:
            return outcome_line(outcome_of(data, ())).plain
        case str(name) if name == CANCELLED:
            return f"no outcome: {data.get('why')}"
        case _:
            return json.dumps(data, ensure_ascii=False)


def _trouble(data: Any) -> str:
    if data.get("status") is not None:
        return f"status {data['status']}"
    if data.get("lost") is not None:
        return f"connection lost ({data['lost']})"
    return f"refused by a gate of ours ({data.get('gate')})"
