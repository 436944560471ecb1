"""The question that every reply is asked: whether it may go to the caller as it is.

The commonest good reply is recognised at once; any other is looked at as `diagnose` does, so the
two cannot disagree.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from battle_healer.contract import meets
from battle_healer.diagnosis.diagnose import below_400
from battle_healer.diagnosis.exchange import MOST_BYTES, exchange, json_of
from battle_healer.diagnosis.soft import TELLING
from battle_healer.diagnosis.statuses import is_redirect
from battle_healer.model import Attempt, Kind, Reply
from battle_healer.pointers import ABSENT

_FAILURE: Final = 400
_PLAIN: Final = frozenset({200, 201, 202, 203})
_PLAIN_TYPES: Final = frozenset({"application/json", "application/json; charset=utf-8"})
_LABELS: Final = frozenset({"x-degradation", "healer-outcome", "warning"})
# No clock is needed to tell that nothing is wrong.
_NO_TIME: Final = datetime.min.replace(tzinfo=UTC)


def is_clean(attempt: Attempt, reply: Reply) -> bool:
    """Whether `diagnose` would find nothing wrong with a reply; never raises.

    Costs a few microseconds on a small JSON answer, beside the check of a contract.
    """
    if reply.status >= _FAILURE or is_redirect(reply.status):
        return False
    if _is_plainly_good(attempt, reply):
        return True
    return below_400(exchange(attempt, reply, _NO_TIME)).kind is Kind.OK


def _is_plainly_good(attempt: Attempt, reply: Reply) -> bool:
    """A JSON answer without a label, without a word that may tell a failure, as contracted."""
    body = reply.body
    if reply.status not in _PLAIN or not body or len(body) > MOST_BYTES:
        return False
    if reply.truncated or reply.undecodable:
        return False
    media = ""
    for name, value in reply.headers:
        lower = name.lower()
        if lower in _LABELS or (lower == "x-processed" and value != "yes"):
            return False
        if lower == "content-type" and not media:
            media = value
    if media not in _PLAIN_TYPES:
        return False
    value = json_of(body)
    if value is ABSENT or (isinstance(value, dict) and not TELLING.isdisjoint(value)):
        return False
    schema = attempt.call.endpoint.response_schema
    return schema is None or meets(schema, value)
