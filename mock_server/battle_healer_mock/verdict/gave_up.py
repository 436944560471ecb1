"""Gave up: a call was dropped although the next attempt would have been safe and right.

What is judged: only calls that are over, of a client that does send calls again, which failed
for something that a resend or a short wait heals.
Why it matters: the caller got an error that nobody needed.
No alarm when: there were three attempts; a write without key may have taken effect; the wait
and the time spent exceed 30 s, since the client's deadline is unknown; the retry budget is
spent; the answer was whole, whatever came behind it; the cure is a change that the client may not
have (region, credential, body); the dialect hides what the status does not say (an error under
200, the reason of a 409); the client has told `/log` that the call is in a queue.
Source: the bounds of common HTTP libraries.
"""

from __future__ import annotations

from battle_healer_mock.dialects.table import DEFAULT
from battle_healer_mock.journal import Row
from battle_healer_mock.verdict.case import Attempts, Case
from battle_healer_mock.verdict.facts import is_write, may_have_acted
from battle_healer_mock.verdict.rule import Found, Looked, Rule

ENOUGH_ATTEMPTS = 3
DEADLINE_S = 30.0
_CURES = frozenset({"resend", "wait", "key"})
_TELLING = frozenset({425, 429, 500, 502, 503, 504})


def look(case: Case) -> Looked:
    """One opportunity for each call that met what a resend heals."""
    if not case.resends:
        return
    for call in case.calls:
        if not call.finished or not any(_is_curable(row) for row in call.rows):
            continue
        gave_up = _is_curable(call.last) and not _had_reason(call, case)
        seen = f"the last answer was {call.last.kind or call.last.fault}, and nobody tried again"
        yield Found((call.last,), seen) if gave_up else None


def _is_curable(row: Row) -> bool:
    """Whether the same request again would have been both safe and right."""
    is_safe = not is_write(row) or row.key is not None or not may_have_acted(row)
    failed = row.cure in _CURES and row.told != "yes" and row.effect is None
    return failed and is_safe and _is_plain_to_see(row)


def _is_plain_to_see(row: Row) -> bool:
    """Whether the client could tell what would help, without knowing this API's dialects."""
    if row.status is None or row.dialect in (None, DEFAULT.name):
        return True
    return row.status in _TELLING


def _had_reason(call: Attempts, case: Case) -> bool:
    last = call.last
    if len(call.rows) >= ENOUGH_ATTEMPTS or last.retry_budget == 0:
        return True
    if last.correlation_id in case.parked:
        return True
    if any(row.effect for row in call.rows):
        return True
    again_s = max(last.until or 0.0, last.t_out or last.t_in)
    return again_s - call.first.t_in > DEADLINE_S


ROW = Rule(
    id="V14",
    name="gave_up",
    severity="minor",
    when="a call ends with a failure that one more attempt would have healed",
    right="carry on within the deadline, or put the call into a queue",
    look=look,
)
