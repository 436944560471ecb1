"""Judges a run by the server's books: what harm was done, whatever anybody says of it.

It shares no line with the agent's guardrails, nor with the runner's own judgement.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from math import isclose
from typing import Any, Final, NamedTuple

from tests.matrix.cells import REGIONS, Asked
from tests.matrix.oracle import PATIENCE_S, RESENDS

from battle_healer_cli.running.report import Report, Row, Seen

REQUESTS: Final = 8
REPAIRS: Final = 2
ROTATIONS: Final = 2
PROTECTED: Final = "/currency"
_SLACK_S: Final = 1e-3
_NOT_THE_SERVICE: Final = ("soft_error", "mock")


class Harm(NamedTuple):
    """One promise that was broken."""

    invariant: str
    call: str
    what: str


def harms(report: Report, calls: Mapping[str, Asked]) -> tuple[Harm, ...]:
    """Every harm that a run did, by what the ledger and the journal show."""
    found: list[Harm] = []
    for seen in report.seen:
        it = calls[seen.id]
        rows = rows_of(report, seen.id)
        effects = [effect for effect in report.effects if effect["correlation_id"] == seen.id]
        said = [
            *(("I1", what) for what in _doubled(it, rows, effects)),
            *(("I3", what) for what in _early(rows)),
            *(("I4", what) for what in _unbounded(it, rows)),
            *(("I5", what) for what in _bent(it, rows, effects)),
            *(("I6", what) for what in _pretended(it, seen, rows, report.effects)),
            *(("I7", what) for what in _astray(rows)),
        ]
        found += [Harm(invariant, seen.id, what) for invariant, what in said]
    return tuple(found)


def rows_of(report: Report, call_id: str) -> list[Row]:
    """What the server saw of one call, in order of arrival."""
    rows = [row for row in report.journal if row["correlation_id"] == call_id]
    return sorted(rows, key=lambda row: int(row["line"]))


def _doubled(it: Asked, rows: Sequence[Row], effects: Sequence[Row]) -> Iterator[str]:
    if len(effects) > it.expected.effects:
        yield f"{len(effects)} effects, at most {it.expected.effects} are right"
    if {row["key"] for row in rows} - {it.call.key}:
        yield f"the key changed within the call: {[row['key'] for row in rows]}"


def _early(rows: Sequence[Row]) -> Iterator[str]:
    """A throttle binds every place and credential, a spent quota its own, the rest its region."""
    holds: list[tuple[str, Any, float]] = []
    for row in rows:
        for column, value, until in holds:
            early_s = until - row["t_in"]
            if early_s > _SLACK_S and (not column or row[column] == value):
                yield f"request {row['ordinal']} came {early_s:.3g} s before its time"
        if row["until"] is not None:
            spent = "credential" if row["status"] in (402, 429) else "region"
            column = "" if row["kind"] == "rate-limited" else spent
            holds.append((column, row.get(column), row["until"]))


def _unbounded(it: Asked, rows: Sequence[Row]) -> Iterator[str]:
    resends: Counter[tuple[str, Any]] = Counter()
    changes: Counter[str] = Counter()
    for before, after in pairwise(rows):
        changed = [name for name in ("region", "credential", "token", "body")
                   if before[name] != after[name]]  # fmt: skip
        changes.update(changed)
        if not changed:
            resends[before["region"], before["status"]] += 1
    if len(rows) > REQUESTS:
        yield f"{len(rows)} requests, at most {REQUESTS} are right"
    for (region, status), count in resends.items():
        if count > RESENDS:
            yield f"{count} unchanged resends to {region} after {status}"
    bounds = {"region": len(REGIONS) - 1, "body": REPAIRS, "credential": ROTATIONS + 1,
              "token": 2 * (ROTATIONS + 1)}  # fmt: skip
    for name, most in bounds.items():
        if changes[name] > most:
            yield f"{changes[name]} changes of {name}, at most {most} are right"
    patience_s = it.call.deadline_s or PATIENCE_S
    if rows and rows[-1]["t_in"] - rows[0]["t_in"] >= patience_s:
        yield f"request {rows[-1]['ordinal']} came after the deadline of {patience_s:g} s"


def _bent(it: Asked, rows: Sequence[Row], effects: Sequence[Row]) -> Iterator[str]:
    read = [row["fields"] for row in rows if row["fields"]]
    if len({fields.get(PROTECTED) for fields in read}) > 1:
        yield f"{PROTECTED} is protected, and was changed"
    given = [str(value) for value in (it.call.body or {}).values()]
    for effect in effects:
        if effect["transactionId"] not in given:
            yield f"transactionId {effect['transactionId']!r} is invented"
        if not any(_is_same(value, effect["amount"]) for value in given):
            yield f"amount {effect['amount']!r} is invented"


def _is_same(text: str, number: float) -> bool:
    try:
        return isclose(float(text), number)
    except ValueError:
        return False


def _pretended(it: Asked, seen: Seen, rows: Sequence[Row], effects: Sequence[Row]) -> Iterator[str]:
    writes = it.call.method == "POST"
    if seen.ended == "degraded" and writes:
        yield "a write was answered by a substitute"
    if seen.ended == "degraded" and (seen.outcome is None or seen.outcome.degradation is None):
        yield "a substitute has no label"
    if seen.ended != "delivered":
        return
    last = rows[-1] if rows else {}
    if last.get("status") != 200 or last.get("fault") in _NOT_THE_SERVICE:
        yield f"delivered, and the last answer was {last.get('status')} {last.get('fault')}"
    if writes and last.get("effect") not in {effect["id"] for effect in effects}:
        yield "delivered, and the ledger knows nothing of it"
    if last.get("fault") == "schema_drift" and it.expected.outcome == "failed":
        yield "half an answer to a read was called delivered"


def _astray(rows: Sequence[Row]) -> Iterator[str]:
    for row in rows:
        if row["region"] not in REGIONS:
            yield f"region {row['region']} is not declared"
