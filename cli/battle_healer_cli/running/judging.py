"""Judges one run: by what the scenario expects, and by what no run may ever do."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any, Final

from battle_healer.planners.table import BY_NAME
from battle_healer.rules import Bounds
from battle_healer_cli.running.report import Report, Row, Seen
from battle_healer_scenarios.scenario import Expect

_SLACK_S: Final = 1e-3
_THROTTLED: Final = "rate-limited"


def judge(report: Report) -> tuple[str, ...]:
    """What is wrong with a run, in words; empty where nothing is.

    A planner that is not meant to be good is judged by the harm alone.
    """
    planner = BY_NAME.get(report.cell.planner)
    is_meant_well = planner is None or not planner.warns
    expected = tuple(differences(report)) if is_meant_well else ()
    return (*expected, *harm(report))


def differences(report: Report) -> Iterator[str]:
    """What differs from what the scenario expects."""
    scenario, variant = report.scenario, report.cell.variant
    for seen in report.seen:
        for said in _of_a_call(seen, scenario.expected(seen.id, variant), report):
            yield f"{seen.id}: {said}"
    most = scenario.expected_effects(variant)
    if len(report.effects) != most:
        yield f"{len(report.effects)} effects in the ledger, expected {most}"


def harm(report: Report) -> Iterator[str]:
    """What no planner may bring about, whatever it wants (I1, I3, I4, I5, I6)."""
    scenario, variant = report.scenario, report.cell.variant
    for seen in report.seen:
        expect = scenario.expected(seen.id, variant)
        effects = report.effects_of(seen.id)
        if expect.effects is not None and effects > expect.effects:
            double = "I1: " if effects > 1 else ""
            yield f"{seen.id}: {double}{effects} effects, at most {expect.effects} are right"
        bound = Bounds().requests
        if seen.requests > bound:
            yield f"{seen.id}: I4: {seen.requests} requests, at most {bound} are right"
        yield from _pretence(seen, report)
        yield from _other_meaning(seen, report)
    most = scenario.expected_effects(variant)
    if len(report.effects) > most:
        yield f"{len(report.effects)} effects in the ledger, at most {most} are right"
    for rows in _attempts(report):
        yield from _resent_in_doubt(rows)
        yield from _too_early(rows)


def _of_a_call(seen: Seen, expect: Expect, report: Report) -> Iterator[str]:
    outcome = seen.outcome
    facts: dict[str, Any] = {
        "outcome": seen.ended,
        "actions": seen.actions,
        "effects": report.effects_of(seen.id),
        "status": seen.status,
        "refreshes": outcome.refreshes if outcome else 0,
        "effect": outcome.effect if outcome else None,
        "degradation": outcome.degradation if outcome else None,
        "durable": outcome.queued.durable if outcome and outcome.queued else None,
    }
    for name, was in facts.items():
        wanted = getattr(expect, name)
        if wanted is not None and was != wanted:
            yield f"{name} {_said(was)}, expected {_said(wanted)}"
    if expect.bounds is not None and not expect.bounds[0] <= seen.requests <= expect.bounds[1]:
        yield f"{seen.requests} requests, expected {expect.requests}"
    body = seen.body if isinstance(seen.body, dict) else {}
    for name, value in (expect.body or {}).items():
        if name not in body or body[name] != value:
            yield f"body.{name} {_said(body.get(name))}, expected {_said(value)}"


def _said(value: Any) -> str:
    if isinstance(value, tuple):
        return ", ".join(value) or "nothing done"
    return repr(value)


def _pretence(seen: Seen, report: Report) -> Iterator[str]:
    """I6: a write that is called delivered has an effect, and none is answered by a substitute."""
    rows = [row for row in report.journal if row["correlation_id"] == seen.id]
    if not any(row["method"] == "POST" for row in rows):
        return
    keys = {row["key"] for row in rows if row["key"]}
    done = report.effects_of(seen.id) or any(row["key"] in keys for row in report.effects)
    if seen.ended == "delivered" and not done:
        yield f"{seen.id}: I6: delivered, and the ledger knows nothing of it"
    if seen.ended == "degraded":
        yield f"{seen.id}: I6: a write was answered by a substitute"


def _other_meaning(seen: Seen, report: Report) -> Iterator[str]:
    """I5: what took effect is what the caller meant, where the server has a field of that name."""
    meant = seen.sent if isinstance(seen.sent, dict) else {}
    for row in report.effects:
        if row["correlation_id"] != seen.id:
            continue
        for name in meant.keys() & row.keys():
            if row[name] != meant[name]:
                yield f"{seen.id}: I5: {name} {row[name]!r} took effect, {meant[name]!r} was meant"


def _attempts(report: Report) -> Iterable[list[Row]]:
    """The exchanges of each call, in order."""
    attempts: dict[str, list[Row]] = defaultdict(list)
    for row in report.journal:
        attempts[str(row["call"])].append(row)
    return attempts.values()


def _resent_in_doubt(rows: list[Row]) -> Iterator[str]:
    """I1: nothing follows an exchange of an unkeyed write that may have taken effect."""
    for row in rows[:-1]:
        if row["method"] == "POST" and row["key"] is None and row["told"] == "maybe":
            yield f"{row['correlation_id']}: I1: sent again although it may have taken effect"


def _too_early(rows: list[Row]) -> Iterator[str]:
    """I3: no attempt of a call before the time that the server named for that place."""
    for index, row in enumerate(rows):
        if row["until"] is None:
            continue
        for later in rows[index + 1 :]:
            early_s = row["until"] - later["t_in"]
            if early_s > _SLACK_S and _same_scope(row, later):
                yield f"{row['correlation_id']}: I3: an attempt came {early_s:.3g} s early"


def _same_scope(row: Row, later: Row) -> bool:
    """What a wait binds: a throttle the whole API, a quota its credential, the rest its region."""
    if row["kind"] == _THROTTLED:
        return True
    if row["status"] in (402, 429):
        return bool(row["credential"] == later["credential"])
    return bool(row["region"] == later["region"])
