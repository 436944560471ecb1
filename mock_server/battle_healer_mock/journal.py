"""Every exchange in order of arrival: a row is opened when the request arrives, closed later."""

from __future__ import annotations

import json
from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from types import MappingProxyType
from typing import Final

from battle_healer_mock.bounds import ROWS

# In `Row.asked`: the field is wrong, and nothing says what would be right.
ANY_VALUE: Final = "*"
# One for all rows: most have nothing to put there, and a dict of their own would cost 64 bytes.
_NONE: Final[Mapping[str, str]] = MappingProxyType({})
# Rounded when a row is shown, not when it is written: that costs 1 µs for each of them.
_SECONDS: Final = frozenset({"t_in", "t_headers", "t_out", "until", "spent_until", "life_s"})
_MAPPINGS: Final = ("fields", "carried", "asked")

# What real concurrency and real time decide; the rest must repeat from run to run.
_NOT_CANONICAL: Final = (
    "line", "t_in", "t_headers", "t_out", "until", "connection", "listener",
    "credential", "token", "effect",
    # What the verdict alone asks for, and could be told from the rest.
    "account", "answered", "asked", "offered", "wait_form", "spent_until", "life_s",
)  # fmt: skip


@dataclass(slots=True)
class Row:
    """One exchange. Times are seconds of the server's clock; tokens and bodies are digests.

    call, call_from, ordinal: which call this is an attempt of, how that was found, its number.
    trigger: the faults asked for, as written; fault: the one that struck; stage: where.
    kind: slug of the refusal, None on success. told: what the client can know: no, maybe, yes.
    until: server time before which the client should not come back. cure: what ends the fault.
    effect: id in the ledger of what this exchange did or replayed. replay: it was done before.
    fields: digest of each top-level value of the body. carried: headers that resends must keep.
    end: complete, cut (by a fault), client_gone; None while the exchange runs.
    answered: number of the newest row when this one got its answer; what came later came after.
    asked: by pointer, what the reply wants of a field: the digest of its value, None where it is
    to go, * where it is only said to be wrong. offered: other regions that it called up.
    wait_form: how the wait was told: seconds, date, body; None where the client cannot know it.
    spent_until: server time before which the credential has no quota left, as the reply said.
    life_s: seconds that a token to be refreshed was still good for.
    """

    line: int
    t_in: float
    method: str
    route: str
    region: str
    connection: int | None = None
    listener: int | None = None
    call: str | None = None
    call_from: str | None = None
    ordinal: int | None = None
    correlation_id: str | None = None
    key: str | None = None
    key_form: str | None = None
    credential: str | None = None
    credential_state: str | None = None
    token: str | None = None
    token_in_query: bool = False
    trigger: str | None = None
    body: str | None = None
    body_bytes: int = 0
    fields: Mapping[str, str] = field(default_factory=lambda: _NONE)
    carried: Mapping[str, str] = field(default_factory=lambda: _NONE)
    fault: str | None = None
    dialect: str | None = None
    stage: int | None = None
    kind: str | None = None
    status: int | None = None
    told: str | None = None
    until: float | None = None
    cure: str | None = None
    retry_budget: int | None = None
    delay_ms: float = 0.0
    effect: str | None = None
    replay: bool = False
    t_headers: float | None = None
    t_out: float | None = None
    end: str | None = None
    account: str | None = None
    answered: int | None = None
    asked: Mapping[str, str | None] = field(default_factory=lambda: _NONE)
    offered: tuple[str, ...] = ()
    wait_form: str | None = None
    spent_until: float | None = None
    life_s: float | None = None

    @property
    def subject(self) -> str:
        """What the row is about: its path, or that it came to the decoy."""
        return "decoy" if self.kind == "decoy" else self.route

    def as_json(self) -> dict[str, object]:
        """The row as `GET /journal` shows it, times to the microsecond."""
        shown = {name: getattr(self, name) for name in self.__slots__}
        for name in _SECONDS:
            if shown[name] is not None:
                shown[name] = round(shown[name], 6)
        for name in _MAPPINGS:
            shown[name] = dict(shown[name])
        return shown

    def canonical(self) -> dict[str, object]:
        """The row without what differs between equal runs."""
        shown = self.as_json()
        for name in _NOT_CANONICAL:
            del shown[name]
        return shown


class Journal:
    """Rows in order of arrival; bounded, and says how many rows it dropped.

    dropped_of: the same by what the rows were about (`Row.subject`).
    """

    def __init__(self, most: int = ROWS.default) -> None:
        self.rows: deque[Row] = deque()
        self.count = 0
        self.dropped_of: Counter[str] = Counter()
        self._most = most

    @property
    def dropped(self) -> int:
        """Rows that the bound pushed out."""
        return self.count - len(self.rows)

    def open(self, t_in: float, method: str, route: str, region: str) -> Row:
        """A new row for a request that arrives now."""
        self.count += 1
        row = Row(self.count, t_in, method, route, region)
        self.rows.append(row)
        if len(self.rows) > self._most:
            self.dropped_of[self.rows.popleft().subject] += 1
        return row

    def summary(self) -> dict[str, object]:
        """What `GET /journal` says of all rows."""
        return {
            "total": self.count,
            "dropped": self.dropped,
            "dropped_of": dict(self.dropped_of),
            "open": sum(row.end is None for row in self.rows),
        }

    def canonical(self) -> dict[str, object]:
        """The answer of `GET /journal?canonical=1`: rows by call and ordinal, and a digest."""
        rows = [row.canonical() for row in self.rows]
        texts = sorted(
            (str(row["call"] or ""), int(str(row["ordinal"] or 0)), json.dumps(row, sort_keys=True))
            for row in rows
        )
        lines = [text for _, _, text in texts]
        digest = blake2b("\n".join(lines).encode(), digest_size=16).hexdigest()
        return {
            "rows": [json.loads(line) for line in lines],
            "total": self.count,
            "dropped": self.dropped,
            "digest": digest,
        }
