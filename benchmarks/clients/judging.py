"""Judges a client by the server's books; of its own words only which answer it believed in."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from battle_healer_mock.schemas import CHARGE, STATUS
from benchmarks.clients.contract import Told
from benchmarks.clients.plan import AMOUNT, Planned
from benchmarks.clients.running import Books, Json

Ending = Literal["delivered", "failed", "wrong", "hanging"]


@dataclass(frozen=True, slots=True)
class Seen:
    """One call, as it really was.

    requests: that reached the server. effects: in the ledger. ending: delivered when what the
    program holds is the answer that the books confirm, wrong when it believes in something else.
    """

    planned: Planned
    requests: int
    effects: int
    ending: Ending
    error: str | None = None

    @property
    def is_doubled(self) -> bool:
        """Whether it took effect more than once."""
        return self.effects > 1


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule of the verdict that the client broke, and how often."""

    rule: str
    name: str
    severity: str
    breaches: int


@dataclass(frozen=True, slots=True)
class Judged:
    """All that can be said of one client."""

    seen: tuple[Seen, ...]
    grade: str
    findings: tuple[Finding, ...]

    def count(self, ending: Ending) -> int:
        """Calls that ended so."""
        return sum(call.ending == ending for call in self.seen)

    @property
    def doubled(self) -> int:
        """Calls that took effect more than once."""
        return sum(call.is_doubled for call in self.seen)

    @property
    def requests_per_call(self) -> float:
        """Requests that reached the server, for each call."""
        return sum(call.requests for call in self.seen) / len(self.seen)


def judge(plan: Sequence[Planned], told: Sequence[Told], books: Books) -> Judged:
    """Put what a program said beside what the server saw."""
    words = {word.id: word for word in told}
    seen = tuple(_seen(planned, words.get(planned.id), books) for planned in plan)
    broken = (rule for rule in books.verdict["rules"] if rule["state"] == "found")
    findings = tuple(Finding(r["id"], r["name"], r["severity"], r["breaches"]) for r in broken)
    return Judged(seen, books.verdict["grade"], findings)


def _seen(planned: Planned, told: Told | None, books: Books) -> Seen:
    rows = [row for row in books.journal if _is_of(row, planned)]
    effects = [effect for effect in books.ledger if _is_of(effect, planned)]
    if told is None:
        return Seen(planned, len(rows), len(effects), "hanging")
    if told.answer is None:
        return Seen(planned, len(rows), len(effects), "failed", told.error)
    confirmed = _is_of_the_ledger if planned.shape.method == "POST" else _is_a_status
    ending: Ending = "delivered" if confirmed(told.answer, effects) else "wrong"
    return Seen(planned, len(rows), len(effects), ending)


def _is_of(row: Json, planned: Planned) -> bool:
    return (row["correlation_id"], row["route"]) == (planned.id, "/external-api")


def _is_of_the_ledger(answer: str, effects: Sequence[Json]) -> bool:
    """Whether it is the record of an effect of this call, in the shape that the API promises."""
    record = _object(answer)
    if not record.keys() >= set(CHARGE["required"]):
        return False
    found = tuple(record.get(name) for name in ("chargeId", "transactionId", "amount"))
    return any(
        found == (f"chg-{effect['id'].removeprefix('eff-')}", effect["transactionId"], AMOUNT)
        for effect in effects
    )


def _is_a_status(answer: str, _effects: Sequence[Json]) -> bool:
    """Whether it has all that the published schema promises, and says that the API is up."""
    record = _object(answer)
    return record.keys() >= set(STATUS["required"]) and record["status"] == "operational"


def _object(text: str) -> Json:
    try:
        value = json.loads(text)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
