"""From a finding to a kind: the API's own code decides, then its sentences, then the status."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from battle_healer.diagnosis.exchange import Exchange
from battle_healer.diagnosis.finding import Finding
from battle_healer.diagnosis.statuses import of_status
from battle_healer.diagnosis.words import Meaning, of_code, of_sentence
from battle_healer.model import CredentialFault, Kind
from battle_healer.windows import THROTTLE_S

_SUCCESS: Final = 400
_SERVER: Final = 500
_CREDENTIAL: Final = frozenset({Kind.CREDENTIAL_EXPIRED, Kind.CREDENTIAL_INVALID})
_ALLOWANCE: Final = frozenset({Kind.RATE_LIMITED, Kind.QUOTA_EXHAUSTED, Kind.PAYMENT_REQUIRED})
_KEY: Final = frozenset({Kind.IN_PROGRESS, Kind.KEY_REUSED})
_INVALID: Final = Meaning(Kind.CREDENTIAL_INVALID, "invalid")
_BARE: Final = (
    ("expired", Meaning(Kind.CREDENTIAL_EXPIRED, "expired")),
    ("revoked", Meaning(Kind.CREDENTIAL_INVALID, "revoked")),
)
# Words that say no more than the status does.
_GENERIC: Final = frozenset({Kind.INVALID_REQUEST, Kind.SERVER_ERROR})
_ANY: Final = frozenset(Kind)

# Which kinds a code, and which a sentence, may make of a status. Where no row stands, codes may
# say anything and sentences nothing.
_CODES_UNDER: Final[dict[int, frozenset[Kind]]] = {
    # I1: it may have been passed on, so no challenge and no code makes a refusal of it.
    408: frozenset({Kind.UNAVAILABLE}),
    429: _ALLOWANCE,
    503: frozenset({Kind.RATE_LIMITED, Kind.QUOTA_EXHAUSTED, Kind.UNAVAILABLE}),
}
_SENTENCES_UNDER: Final[dict[int, frozenset[Kind]]] = {
    400: _ANY - {Kind.NOT_FOUND, Kind.UNAVAILABLE, Kind.SERVER_ERROR},
    401: _CREDENTIAL,
    403: _CREDENTIAL | _ALLOWANCE | {Kind.PERMISSION_DENIED},
    409: _KEY | {Kind.QUOTA_EXHAUSTED},
    422: _ANY - {Kind.NOT_FOUND, Kind.UNAVAILABLE, Kind.SERVER_ERROR},
    429: frozenset({Kind.RATE_LIMITED, Kind.QUOTA_EXHAUSTED}),
}
# An error that names a field is about that field: few of its words may say otherwise.
_WITH_FIELD: Final = _ANY - {Kind.TOO_LARGE, Kind.PERMISSION_DENIED, Kind.RATE_LIMITED}
_SENTENCES_WITH_FIELD: Final = _KEY | {Kind.CONFLICT}

# A short wait is a throttle's, unless the words name a quota of a day, a month or a plan.
_LONG: Final = re.compile(r"\bdaily|\bper ?day|month", re.IGNORECASE)
_SHORT: Final = re.compile(r"second|minute|hour", re.IGNORECASE)
# Words of a spent quota are believed where nothing says that it fills again within minutes.
_REFILLED_S: Final = 900.0
_PLAN: Final = re.compile(r"\bplan\b|billing|insufficient quota", re.IGNORECASE)


def meaning(x: Exchange, finding: Finding, wait_s: float | None) -> Meaning:
    """What kind of trouble a failing reply is, and what is wrong with the credential."""
    status = x.status if x.status >= _SUCCESS else finding.status or x.status
    found = _by_words(finding, status) or _by_status(x, finding, status)
    if found.kind is Kind.IN_PROGRESS and x.attempt.call.key is None:
        # Somebody else's operation is running: without a key it cannot be this request.
        found = Meaning(Kind.CONFLICT)
    return _allowance(found, finding, wait_s)


def _by_words(finding: Finding, status: int) -> Meaning | None:
    codes = [
        m for m in map(of_code, finding.codes) if m and m.kind in _codes_under(status, finding)
    ]
    sentences = _sentences_under(status, finding)
    said = [m for m in map(of_sentence, finding.prose) if m and m.kind in sentences]
    specific = _first_specific([*codes, *said])
    if specific is not None:
        return _completed(specific, said, finding.prose)
    # Generic words decide only where the status leaves it open.
    return next(iter(codes), None) if status < _SUCCESS else None


def _first_specific(meanings: Iterable[Meaning]) -> Meaning | None:
    return next((m for m in meanings if m.kind not in _GENERIC), None)


def _completed(found: Meaning, said: list[Meaning], prose: tuple[str, ...]) -> Meaning:
    """A code for all bad credentials, or all conflicts, told apart by the sentence beside it."""
    if found.kind is Kind.CONFLICT:
        return next((m for m in said if m.kind is Kind.IN_PROGRESS), found)
    if found != _INVALID:
        return found
    told = [m for m in said if m.kind in _CREDENTIAL]
    if told:
        return next((m for m in told if m != _INVALID), found)
    # Beside such a code a single word is enough: it can be about nothing else.
    return next((m for word, m in _BARE if any(word in t.lower() for t in prose)), found)


def _codes_under(status: int, finding: Finding) -> frozenset[Kind]:
    if status >= _SERVER:
        return _CODES_UNDER.get(status, frozenset({Kind.UNAVAILABLE, Kind.SERVER_ERROR}))
    allowed = _CODES_UNDER.get(status, _ANY)
    return allowed & _WITH_FIELD if finding.blames else allowed


def _sentences_under(status: int, finding: Finding) -> frozenset[Kind]:
    allowed = _ANY if status < _SUCCESS else _SENTENCES_UNDER.get(status, frozenset())
    return allowed & _SENTENCES_WITH_FIELD if finding.blames else allowed


def _by_status(x: Exchange, finding: Finding, status: int) -> Meaning:
    kind = of_status(status).kind
    if finding.blames and status < _SUCCESS:
        kind = Kind.INVALID_REQUEST
    if kind is Kind.CREDENTIAL_INVALID:
        return Meaning(kind, _unexplained(x))
    if kind is Kind.PERMISSION_DENIED:
        # A page was written by a gateway that knows nothing of grants.
        return Meaning(kind, "scope" if x.object or not x.text else None)
    return Meaning(kind)


def _unexplained(x: Exchange) -> CredentialFault:
    """What a bare 401 means: the request carried a credential, or it carried none."""
    call = x.attempt.call
    signed = x.attempt.grant is not None or call.own is not None
    named = any(n.lower() in ("authorization", "x-api-key", "cookie") for n, _ in call.headers)
    return "invalid" if signed or named else "missing"


def _allowance(found: Meaning, finding: Finding, wait_s: float | None) -> Meaning:
    if found.kind not in (Kind.RATE_LIMITED, Kind.QUOTA_EXHAUSTED):
        return found
    said = " ".join((*finding.codes, *finding.prose)).replace("_", " ")
    if (wait_s or 0.0) > THROTTLE_S or (_LONG.search(said) and not _SHORT.search(said)):
        return Meaning(Kind.QUOTA_EXHAUSTED)
    if wait_s is None or _LONG.search(said) or _PLAN.search(said):
        return found
    if wait_s >= _REFILLED_S and not _SHORT.search(said):
        return found
    return Meaning(Kind.RATE_LIMITED)
