"""What two exchanges have in common, and what the client could know after one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from battle_healer_mock.journal import ANY_VALUE, Row

REGION_KINDS: Final = frozenset({"region-down", "maintenance"})
# Timers fire early, and clocks are read twice.
SLACK_S: Final = 0.05
_SLACK_SHARE: Final = 0.01
# A date has whole seconds only.
_DATE_SLACK_S: Final = 1.0


def is_write(row: Row) -> bool:
    """Whether the request may change something."""
    return row.method != "GET"


def may_have_acted(row: Row) -> bool:
    """Whether the client must reckon with an effect, and cannot know.

    A client that left before its answer knows nothing, whatever the answer would have said.
    """
    return row.told == "maybe" or row.end != "complete"


def came_after(q: Row, p: Row) -> bool:
    """Whether `q` arrived when `p` was answered already."""
    return p.answered is not None and q.line > p.answered


def has_same_key(p: Row, q: Row) -> bool:
    """Whether one idempotency key of one account protects both."""
    return p.key is not None and (p.key, p.account) == (q.key, q.account)


def is_unchanged(p: Row, q: Row) -> bool:
    """Whether `q` is `p` again: same request, place, credential and key."""
    return _request(p) == _request(q)


def _request(row: Row) -> tuple[object, ...]:
    return row.method, row.route, row.body, row.region, row.token, row.key, row.trigger


def is_delivered(row: Row) -> bool:
    """Whether the client has the service's own answer, all of it."""
    return row.told == "yes" and row.end == "complete"


def is_token_refused(row: Row) -> bool:
    """Whether the token was refused as expired, revoked or unknown, in whatever dialect."""
    kind = row.kind or ""
    return row.token is not None and kind.startswith("token-") and kind != "token-missing"


def early_s(p: Row, q: Row) -> float | None:
    """Seconds by which `q` came before the time that `p` named; None if it did not.

    The slack is 50 ms and 1 % of the wait, and a second more where the time was given as a date.
    """
    if p.until is None or p.wait_form is None:
        return None
    wait_s = p.until - (p.t_headers if p.t_headers is not None else p.t_in)
    slack_s = SLACK_S + _SLACK_SHARE * wait_s + (_DATE_SLACK_S if p.wait_form == "date" else 0.0)
    return p.until - q.t_in if q.t_in < p.until - slack_s else None


def is_repaired(p: Row, q: Row, asked: Mapping[str, str | None]) -> bool:
    """Whether `q` differs from `p` only in what was asked for."""
    differ = {name for name, _ in p.fields.items() ^ q.fields.items()}
    return bool(asked and p.fields and q.fields) and all(
        name in asked and asked[name] in (ANY_VALUE, q.fields.get(name)) for name in differ
    )
