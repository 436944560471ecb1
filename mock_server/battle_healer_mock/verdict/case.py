"""The journal as the rules want it: exchanges sorted by the call that they belong to."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice, pairwise
from typing import Final

from battle_healer_mock.journal import Row
from battle_healer_mock.verdict.facts import came_after, is_repaired
from battle_healer_mock.verdict.rule import DECOY, PROTECTED, REFRESH

# A call is over when nothing came for this long after the last time that was named.
QUIET_S: Final = 5.0
# Names that may cover several things wanted; the others stand for one by definition.
_LOOSE: Final = frozenset({"correlation-id", "traceparent", "inferred"})


@dataclass(slots=True)
class Attempts:
    """The attempts of one call, in order of arrival; at least one, each of them ended.

    asked: what the 422s of this call wanted, by pointer. finished: no more will come.
    """

    rows: list[Row]
    asked: dict[str, str | None] = field(default_factory=dict)
    finished: bool = False

    @property
    def first(self) -> Row:
        """The first attempt."""
        return self.rows[0]

    @property
    def last(self) -> Row:
        """The last attempt."""
        return self.rows[-1]

    @property
    def is_strict(self) -> bool:
        """Whether its name can only mean this one call."""
        return self.first.call_from not in _LOOSE

    def pairs(self) -> Iterator[tuple[Row, Row]]:
        """Neighbours of which the second was sent after the first was answered: resends."""
        return (pair for pair in pairwise(self.rows) if came_after(pair[1], pair[0]))

    def after(self, p: Row) -> Iterator[Row]:
        """Attempts sent after `p` was answered."""
        if p.answered is None:
            return iter(())
        start = bisect_right(self.rows, p.answered, key=lambda row: row.line)
        return islice(self.rows, start, None)

    def takes(self, row: Row) -> bool:
        """Whether `row` is this request again, or as a 422 wanted it."""
        return row.body == self.last.body or is_repaired(self.last, row, self.asked)


@dataclass(frozen=True, slots=True)
class Case:
    """All that a verdict is about.

    calls: attempts by call. refreshes: exchanges about new tokens. adjusted: lines at which a
    budget was changed. decoy: what came to the other origin. protected: the protected API's rows.
    parked: correlation ids of which the client has said that it put them into a queue.
    """

    calls: tuple[Attempts, ...]
    protected: tuple[Row, ...] = ()
    refreshes: tuple[Row, ...] = ()
    adjusted: tuple[int, ...] = ()
    decoy: tuple[Row, ...] = ()
    parked: frozenset[str] = frozenset()

    @property
    def writes(self) -> Iterator[Attempts]:
        """The calls that may change something."""
        return (call for call in self.calls if call.first.method != "GET")

    @property
    def resends(self) -> bool:
        """Whether this client ever sends a call again."""
        return any(len(call.rows) > 1 for call in self.calls)


def case_of(
    rows: Iterable[Row], *, now_s: float, closed: int = 0, has_lost: bool = False,
    parked: frozenset[str] = frozenset(),
) -> Case:  # fmt: skip
    """The case that the ended exchanges make. Calls whose beginning was dropped are left out.

    now_s: the server's time. closed: line up to which the traffic was said to have ended.
    has_lost: rows of the protected API were dropped.
    """
    rows = tuple(rows)
    running = {row.call for row in rows if row.end is None}
    ended = [row for row in rows if row.end is not None]
    protected = [row for row in ended if row.subject == PROTECTED and row.call]
    named: dict[str, list[Row]] = defaultdict(list)
    for row in protected:
        named[str(row.call)].append(row)
    whole = [group for group in named.values() if not has_lost or group[0].ordinal == 1]
    calls = [call for group in whole for call in _told_apart(group)]
    for call in calls:
        until_s = max(row.until or row.t_out or row.t_in for row in call.rows)
        is_quiet = call.last.line <= closed or now_s > until_s + QUIET_S
        call.finished = is_quiet and call.last.call not in running
    return Case(
        tuple(calls),
        tuple(protected),
        tuple(row for row in ended if row.subject == REFRESH),
        tuple(row.line for row in ended if row.subject == "/simulate-budget"),
        tuple(row for row in ended if row.subject == DECOY),
        parked,
    )


def _told_apart(group: Sequence[Row]) -> list[Attempts]:
    """The calls behind one name: under a loose one, another body is another call.

    Unless a 422 asked for what is different in it.
    """
    found: list[Attempts] = []
    for row in group:
        call = next((c for c in reversed(found) if c.is_strict or c.takes(row)), None)
        if call is None:
            found.append(Attempts([row], dict(row.asked)))
        else:
            call.rows.append(row)
            call.asked.update(row.asked)
    return found
