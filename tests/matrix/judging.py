"""What is wrong with a played cell, in words, and all that a reader needs to see why."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tests.matrix.books import harms, rows_of
from tests.matrix.cells import GOOD, Asked
from tests.matrix.oracle import Expected

from battle_healer_cli.running.report import Report, Row, Seen

_COLUMNS = ("line", "ordinal", "method", "region", "credential", "token", "key", "body", "fault",
            "kind", "status", "told", "t_in", "until", "effect")  # fmt: skip


def complaints(report: Report, calls: Mapping[str, Asked]) -> tuple[str, ...]:
    """What is wrong with a run; empty where it may pass.

    A planner that is not meant to be good is judged by the harm alone, and by having been asked.
    """
    found = [f"{harm.call}: {harm.invariant}: {harm.what}" for harm in harms(report, calls)]
    seen = {one.id: one for one in report.seen}
    found += [f"{id_}: never made" for id_ in calls if id_ not in seen]
    is_good = report.cell.planner in GOOD
    for id_, one in seen.items():
        rows, expected = rows_of(report, id_), calls[id_].expected
        if is_good:
            found += [f"{id_}: {said}" for said in _differences(one, expected, report)]
        found += [f"{id_}: {said}" for said in _unexercised(rows, expected, is_good=is_good)]
    return (*found, *report.findings)


def reproaches(verdict: Mapping[str, Any], planner: str) -> tuple[str, ...]:
    """What the mock server's own verdict has against a run.

    Bad manners are all that a planner which is not meant to be good may achieve.
    """
    return tuple(
        f"{finding['calls'][0]}: {finding['id']}: {finding['seen']}"
        for finding in verdict["findings"]
        if planner in GOOD or finding["severity"] != "minor"
    )


def _differences(seen: Seen, expected: Expected, report: Report) -> Iterator[str]:
    if seen.ended != expected.outcome:
        yield f"{seen.ended}, and {expected.outcome} is possible"
    sent = len(rows_of(report, seen.id))
    if not expected.fewest <= sent <= expected.most:
        yield f"{sent} requests, {expected.fewest} to {expected.most} are right"
    if seen.requests != sent:
        yield f"the outcome tells of {seen.requests} requests, the server saw {sent}"
    effects = report.effects_of(seen.id)
    if effects != expected.effects:
        yield f"{effects} effects, {expected.effects} are right"


def _unexercised(rows: Sequence[Row], expected: Expected, *, is_good: bool) -> Iterator[str]:
    """Whether the trouble was met at all: a run without it proves nothing."""
    if not rows:
        yield "nothing arrived at the server"
        return
    if expected.unsafe and not any(row["told"] == "maybe" for row in rows):
        yield "the failure that leaves doubt did not happen"
    if is_good and expected.fewest > 1 and rows[0]["fault"] is rows[0]["kind"] is None:
        yield "the first attempt met no trouble"


def told(report: Report, calls: Mapping[str, Asked], found: Sequence[str]) -> str:
    """Scenario, cell, what the oracle said, what was seen, and the rows of the journal."""
    lines = [f"{report.scenario.name} ({report.cell})", *(f"  {one}" for one in found)]
    guilty = [one for one in report.seen if any(said.startswith(f"{one.id}:") for said in found)]
    for seen in guilty[:3]:
        lines += [
            f"call {seen.id}: {[*map(str, calls[seen.id].faults)]}",
            f"  oracle: {calls[seen.id].expected}",
            f"  seen: {seen.ended}, {', '.join(seen.actions) or 'nothing done'}, "
            f"{seen.requests} requests, {report.effects_of(seen.id)} effects",
        ]
        for row in rows_of(report, seen.id):
            shown = {name: row[name] for name in _COLUMNS if row[name] is not None}
            lines.append(f"  {json.dumps(shown)}")
    return "\n".join(lines)
