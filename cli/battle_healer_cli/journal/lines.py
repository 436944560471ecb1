"""Events as log lines, and as plain data."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from battle_healer.journal.event import BEGUN, CANCELLED, ENDED, STEP, Event, outcome_of, step_of
from battle_healer_cli.journal.times import stamp
from battle_healer_cli.timeline import choice_of, outcome_line, seen_by


def line(event: Event) -> str:
    """Time, event, correlation id, provider, endpoint, region, and what happened; one line."""
    of, region = event.of, event.data.get("region") or event.of.region
    where = f"{of.correlation_id} {of.provider} {of.endpoint or '-'} {region}"
    return f"{stamp(event.at)} {event.name} {where}: {said(event)}"


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


def said(event: Event) -> str:
    """What happened, in words; of an event that nobody foresaw, its data."""
    words = _WORDS.get(event.name)
    return json.dumps(event.data, ensure_ascii=False) if words is None else words(event)


def _begun(event: Event) -> str:
    data = event.data
    if data.get("status") is not None:
        trouble = f"status {data['status']}"
    elif data.get("lost") is not None:
        trouble = f"connection lost ({data['lost']})"
    else:
        trouble = f"refused by a gate of ours ({data.get('gate')})"
    return f"{event.of.method}, {trouble}"


def _held(event: Event) -> str:
    return f"{event.data.get('gate')} asked for {float(event.data.get('wait_s') or 0):.2f} s"


def _silent(event: Event) -> str:
    data = event.data
    return f"{data.get('planner')} did not say ({data.get('kind')}): {data.get('why')}"


def _step(event: Event) -> str:
    step = step_of(event.data)
    return f"{seen_by(step, event.data.get('status'))} → {choice_of(step)}: {step.reason}"


def _ended(event: Event) -> str:
    return outcome_line(outcome_of(event.data, ())).plain


def _cancelled(event: Event) -> str:
    return f"no outcome: the call was given up ({event.data.get('why')})"


def _quota(event: Event) -> str:
    data = event.data
    standing = "has spent its quota" if "spent" in str(data.get("event")) else "is near its quota"
    used = f", {data.get('used_calls')} calls used" if data.get("used_calls") is not None else ""
    return f"{data.get('credential')} {standing}{used}; {data.get('next') or 'nobody'} signs now"


def _entry(event: Event) -> str:
    data = event.data
    reason = f" ({data['reason']})" if data.get("reason") else ""
    again = f", again in {float(data['wait_s']):.3g} s" if data.get("wait_s") is not None else ""
    detail = f": {data['detail']}" if data.get("detail") else ""
    return f"{data.get('entry')} {data.get('state')}{reason}{again}{detail}"


def _overflow(event: Event) -> str:
    data = event.data
    oldest_s = float(data.get("oldest_s") or 0)
    return f"queue {data.get('queue')} has {data.get('queued')} queued, one for {oldest_s:.0f} s"


def _dead(event: Event) -> str:
    return f"queue {event.data.get('queue')} has {event.data.get('dead')} dead entries"


_WORDS: Final[Mapping[str, Callable[[Event], str]]] = {
    BEGUN: _begun,
    "HELD": _held,
    "PLANNER_SILENT": _silent,
    STEP: _step,
    ENDED: _ended,
    CANCELLED: _cancelled,
    "CREDENTIAL_QUOTA_SIGNAL": _quota,
    "QUEUE_RETRY_SCHEDULED": _entry,
    "QUEUE_REPLAY_SUCCESS": _entry,
    "QUEUE_REPLAY_DEAD": _entry,
    "QUEUE_OVERFLOW": _overflow,
    "QUEUE_DEAD_EXCEEDED": _dead,
}
