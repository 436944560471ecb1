"""The heuristics as a table: for each kind of trouble, which action to prefer, and why.

A row is *sure* where the order follows from what the trouble means, and not sure where it is a
guess that evidence could overturn; `auto` asks a model only about the latter.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from battle_healer.model import Kind, Plan


@dataclass(frozen=True, slots=True)
class Row:
    """One preference. prefer: action names, best first; what is not on the menu is skipped."""

    kinds: tuple[Kind, ...]
    prefer: tuple[str, ...]
    sure: bool
    why: str


_LAST = ("degrade", "queue", "abort")

TABLE: Final[tuple[Row, ...]] = (
    Row(
        (Kind.UNAVAILABLE, Kind.CONNECT_FAILED, Kind.REFUSED),
        ("fail_over", "retry", *_LAST),
        sure=True,
        why="a place that is down stays down longer than a backoff; another region may be well",
    ),
    Row(
        (Kind.SERVER_ERROR,),
        ("retry", "fail_over", *_LAST),
        sure=True,
        why="an error inside the server often passes; the same place is tried first",
    ),
    Row(
        (Kind.TIMEOUT, Kind.CONNECTION_LOST),
        ("retry", "fail_over", *_LAST),
        sure=True,
        why="a lost reply says little of the place; a new connection often works",
    ),
    Row(
        (Kind.RATE_LIMITED, Kind.IN_PROGRESS),
        ("retry", *_LAST),
        sure=True,
        why="the server named a time, and another place or credential would not change it",
    ),
    Row(
        (Kind.QUOTA_EXHAUSTED, Kind.PAYMENT_REQUIRED),
        ("rotate_credential", "retry", "queue", "degrade", "abort"),
        sure=True,
        why="what is spent stays spent for hours; another credential may have some left",
    ),
    Row(
        (Kind.CREDENTIAL_EXPIRED, Kind.CREDENTIAL_INVALID),
        ("refresh_credential", "rotate_credential", "queue", "degrade", "abort"),
        sure=True,
        why="a new token of the same credential is the smallest change that can help",
    ),
    Row(
        (Kind.PERMISSION_DENIED,),
        ("rotate_credential", "abort"),
        sure=True,
        why="no retry gives a right; only a credential that has it does",
    ),
    Row(
        (Kind.INVALID_REQUEST,),
        ("repair_request", "abort"),
        sure=True,
        why="the same content is refused again; the error names what would be right",
    ),
    Row(
        (Kind.DRIFTED,),
        ("adapt_response", "degrade", "abort"),
        sure=True,
        why="the work is done, only its description changed; nothing is sent again",
    ),
    Row(
        (Kind.SUBSTITUTED,),
        ("degrade", "retry", "abort"),
        sure=True,
        why="a read passes the substitute on under its label; a write is asked again if it is safe",
    ),
    Row(
        (Kind.NOT_FOUND, Kind.REDIRECTED),
        ("fail_over", "abort"),
        sure=True,
        why="it is not here; a declared region may still have it",
    ),
    Row(
        (Kind.CONFLICT, Kind.KEY_REUSED, Kind.TOO_LARGE, Kind.NOT_SUPPORTED),
        ("repair_request", "abort"),
        sure=True,
        why="the state or the size refuses it; only a named change, or a person, can help",
    ),
    Row(
        (Kind.MALFORMED_REPLY,),
        ("retry", "fail_over", *_LAST),
        sure=False,
        why="somebody between us and the API may have answered; that it passes is a guess",
    ),
    Row(
        (Kind.UNKNOWN, Kind.OK),
        ("retry", "fail_over", *_LAST),
        sure=False,
        why="nothing is known of this answer",
    ),
)
_BY_KIND: Final = {kind: row for row in TABLE for kind in row.kinds}


def row_for(kind: Kind) -> Row:
    """Return the row of a kind; every kind has one."""
    return _BY_KIND[kind]


def choose(menu: tuple[Plan, ...], kind: Kind) -> Plan:
    """Return the plan that the table prefers; of one action's plans, the earlier on the menu."""
    prefer = row_for(kind).prefer
    return min(menu, key=lambda plan: _place(plan.action, prefer))


def _place(action: str, prefer: tuple[str, ...]) -> int:
    # What the row does not name comes after what it names, except that abort is always last.
    if action in prefer:
        return prefer.index(action) if action != "abort" else len(prefer) + 1
    return len(prefer)


def markdown() -> str:
    """Return the table for docs/planners.md."""
    head = "| trouble | prefers | sure | because |\n|---|---|---|---|\n"
    rows = (
        f"| {', '.join(f'`{k.value}`' for k in row.kinds)} | {' → '.join(row.prefer)} | "
        f"{'yes' if row.sure else 'no'} | {row.why} |"
        for row in TABLE
    )
    return head + "\n".join(rows) + "\n"
