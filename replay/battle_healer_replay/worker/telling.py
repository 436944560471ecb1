"""What a worker tells: events with stable names, for the hook, the log, the journal and people.

Every event has `entry`, `call`, `correlation_id`, `tenant`, `provider`, `region`, `endpoint`,
`method` and `queue`. Whoever listens hurts nobody: what a listener raises is logged.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from battle_healer.journal.event import Event, Facts
from battle_healer.journal.place import Kept, if_asked
from battle_healer.journal.writer import writer_for
from battle_healer.rules import Rules
from battle_healer_replay.entry import Entry, Payload, State
from battle_healer_replay.operations.alarms import Alarm
from battle_healer_replay.transitions import Change

Told = Callable[[str, Mapping[str, Any]], None]

RETRY: Final = "QUEUE_RETRY_SCHEDULED"
SUCCESS: Final = "QUEUE_REPLAY_SUCCESS"
DEAD: Final = "QUEUE_REPLAY_DEAD"
OVERFLOW: Final = "QUEUE_OVERFLOW"
DEAD_EXCEEDED: Final = "QUEUE_DEAD_EXCEEDED"
EVENTS: Final = (RETRY, SUCCESS, DEAD, OVERFLOW, DEAD_EXCEEDED)

_OF_STATE: Final = {State.SUCCEEDED: SUCCESS, State.QUEUED: RETRY, State.DEAD: DEAD}
_OF_ALARM: Final = {"overflow": OVERFLOW, "dead": DEAD_EXCEEDED}

_log: Final = logging.getLogger("battle_healer")


def event_of(change: Change, place: Mapping[str, str]) -> tuple[str, dict[str, Any]] | None:
    """What a change is told as; None where nobody needs to hear of it. place: see `place_of`."""
    entry, attempt = change.entry, change.attempt
    name = _OF_STATE.get(entry.state)
    if name is None:
        return None
    region = attempt.region if attempt and attempt.region else place["region"]
    return name, {
        **_facts(entry, place),
        "region": region,
        "state": str(entry.state),
        "reason": str(entry.reason) if entry.reason else None,
        "failures": entry.failures,
        "attempt": entry.fence,
        "wait_s": attempt.wait_s if attempt else None,
        "episode": attempt.episode if attempt else None,
        "detail": attempt.detail if attempt else "",
    }


def alarm_of(alarm: Alarm, place: Mapping[str, str]) -> tuple[str, dict[str, Any]]:
    """What an alarm is told as; its entry stands for all."""
    figures = (
        {"dead": alarm.dead}
        if alarm.kind == "dead"
        else {"queued": alarm.queued, "oldest_s": alarm.oldest_s}
    )
    return _OF_ALARM[alarm.kind], {**_facts(alarm.entry, place), **figures}


def place_of(payload: Payload, rules: Rules | None) -> dict[str, str]:
    """Region, endpoint and method of a payload; without rules only what it says itself."""
    told = {"region": payload.region, "endpoint": "", "method": payload.method}
    if rules is None:
        return told
    destination, region, path = rules.place(payload.url)
    endpoint = destination.endpoint(payload.method, path.partition("?")[0])
    return told | {"region": payload.region or region.name, "endpoint": endpoint.name}


def _facts(entry: Entry, place: Mapping[str, str]) -> dict[str, Any]:
    return {
        "entry": entry.id,
        "call": entry.call_id,
        "correlation_id": entry.correlation_id,
        "tenant": entry.tenant,
        "provider": entry.destination,
        "queue": entry.queue,
        **place,
    }


def to_all(*listeners: Told) -> Told:
    """One listener that tells each of them, whatever the others do."""

    def tell(name: str, data: Mapping[str, Any]) -> None:
        for listener in listeners:
            try:
                listener(name, data)
            except Exception:
                _log.warning("whoever listens to the queue raised", exc_info=True)

    return tell


def logged(name: str, data: Mapping[str, Any]) -> None:
    """Say it on the logger `battle_healer`: what needs people as a warning."""
    level = logging.WARNING if name in {OVERFLOW, DEAD_EXCEEDED} else logging.INFO
    where = "/".join(str(data[part]) for part in ("provider", "region", "endpoint") if data[part])
    _log.log(level, "%s queue=%s %s %s", name, data["queue"], data["correlation_id"], where)


def journalled(rules: Rules, kept: Kept = if_asked) -> Told:
    """Write it to the journal that calls under these rules have, if it is on disk.

    Beside the episode of its delivery, if that needed one, else under the entry's id. Raises
    SettingsError.
    """
    place = kept(rules)
    if place is None:
        return lambda name, data: None
    writer = writer_for(place)

    def tell(name: str, data: Mapping[str, Any]) -> None:
        facts = Facts(
            episode=data.get("episode") or data["entry"],
            call=data["call"],
            correlation_id=data["correlation_id"],
            tenant=data["tenant"],
            provider=data["provider"],
            region=data["region"],
            endpoint=data["endpoint"],
            method=data["method"],
        )
        writer.put(Event(facts, name, datetime.now(UTC), data))

    return tell
