"""From what came of an attempt to a diagnosis: pure, bounded, and never raising."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime
from typing import Final

from battle_healer import waits
from battle_healer.diagnosis import sentences
from battle_healer.diagnosis.exchange import MOST_BYTES, Exchange, exchange, with_request
from battle_healer.diagnosis.finding import Blame, Finding
from battle_healer.diagnosis.hints import hints
from battle_healer.diagnosis.lost import of_lost, of_refused
from battle_healer.diagnosis.meaning import meaning
from battle_healer.diagnosis.places import field
from battle_healer.diagnosis.statuses import is_redirect, of_status
from battle_healer.diagnosis.success import flaw, is_soft, substitute, undecodable
from battle_healer.diagnosis.table import READERS
from battle_healer.model import (
    Attempt,
    Diagnosis,
    Helps,
    Kind,
    Lost,
    Processed,
    Refused,
    Reply,
)
from battle_healer.pointers import ABSENT

_FAILURE: Final = 400
_SERVER: Final = 500
_MOST_FIELDS: Final = 50
_MOST_NAME: Final = 400
_MOST_BUDGET: Final = 1_000_000
_MOST_LOCATION: Final = 2_000

_HELPS: Final[dict[Kind, Helps]] = {
    Kind.UNAVAILABLE: "unchanged",
    Kind.SERVER_ERROR: "unchanged",
    Kind.RATE_LIMITED: "unchanged",
    Kind.IN_PROGRESS: "unchanged",
    Kind.UNKNOWN: "unchanged",
    Kind.QUOTA_EXHAUSTED: "changed",
    Kind.PAYMENT_REQUIRED: "changed",
    Kind.CREDENTIAL_EXPIRED: "changed",
    Kind.CREDENTIAL_INVALID: "changed",
    Kind.REDIRECTED: "changed",
}
# A failure of these kinds is by its meaning a refusal: nothing was done.
_REFUSALS: Final = frozenset(
    {Kind.RATE_LIMITED, Kind.QUOTA_EXHAUSTED, Kind.PAYMENT_REQUIRED, Kind.CREDENTIAL_EXPIRED,
     Kind.CREDENTIAL_INVALID, Kind.PERMISSION_DENIED, Kind.INVALID_REQUEST, Kind.NOT_FOUND,
     Kind.CONFLICT, Kind.KEY_REUSED, Kind.TOO_LARGE, Kind.NOT_SUPPORTED}
)  # fmt: skip
_BLAMING: Final = frozenset({Kind.INVALID_REQUEST, Kind.CONFLICT, Kind.KEY_REUSED})
_MENDABLE: Final = frozenset({Kind.INVALID_REQUEST, Kind.CONFLICT})
_NAMED_CHANGE: Final = re.compile(
    r"\buse (?:the )?(?:(?:GET|POST|PUT|PATCH|DELETE)\b|/\w)[^.]{0,120}\binstead\b"
    r"|\b(?:has |was |is )?moved (?:permanently )?to /\w|without the [\w-]{1,60} parameter",
    re.IGNORECASE,
)


def diagnose(attempt: Attempt, trouble: Reply | Lost | Refused, wall: datetime) -> Diagnosis:
    """What came of an attempt, and what it means; facts only, whether a resend is safe is not.

    wall: our aware clock, used where the reply has no `Date`. The reply is hostile throughout.
    """
    if isinstance(trouble, Lost):
        return of_lost(trouble)
    if isinstance(trouble, Refused):
        return of_refused(trouble)
    x = exchange(attempt, trouble, wall)
    if trouble.status >= _FAILURE:
        return _failure(x)
    if is_redirect(trouble.status):
        return _redirect(x)
    found = below_400(x)
    if not found.is_failure or found.wait_s is not None:
        return found
    return replace(found, wait_s=waits.wait_s(trouble.headers, None, wall))


def below_400(x: Exchange) -> Diagnosis:
    """What a reply means whose status is no failure and no redirect."""
    if x.reply.undecodable and not x.reply.truncated:
        return undecodable(_claim(x))
    label = substitute(x)
    if label is not None:
        return _substituted(x, label)
    is_read = x.reply.body is not None and len(x.reply.body) <= MOST_BYTES
    if _claim(x) == "no" or (is_read and not x.reply.truncated and is_soft(x)):
        return _failure(x)
    return (flaw(x) if is_read else None) or Diagnosis(Kind.OK, "yes", "never", reader="none")


def _substituted(x: Exchange, label: str) -> Diagnosis:
    claim = _claim(x)
    return Diagnosis(
        Kind.SUBSTITUTED, claim or "maybe", "unchanged", reader="label", evidence=(label,)
    )


def _redirect(x: Exchange) -> Diagnosis:
    location = x.reply.header("location")
    return Diagnosis(
        Kind.REDIRECTED,
        _claim(x) or of_status(x.status).processed,
        "changed",
        wait_s=waits.wait_s(x.reply.headers, None, x.wall),
        evidence=("header:location",) if location else ("status",),
        location=location[:_MOST_LOCATION] if location else None,
    )


def _failure(x: Exchange) -> Diagnosis:
    x = with_request(x)
    reader, finding = _read(x)
    wait_s = _wait_s(x)
    told = meaning(x, finding, wait_s)
    blames = _blames(x, finding, told.kind)
    named = blames or sentences.by_value(x, finding.prose)
    found = hints(x, named, f"the {x.status} reply") if told.kind in _MENDABLE else ()
    fields = tuple(dict.fromkeys(field(x, blame) for blame in blames))[:_MOST_FIELDS]
    return Diagnosis(
        kind=told.kind,
        processed=_processed(x, finding, told.kind),
        helps=_helps(x, finding, told.kind, is_named=bool(fields or found)),
        wait_s=wait_s,
        credential=told.credential,
        fields=fields,
        soft=x.status < _FAILURE,
        reader=reader,
        evidence=finding.evidence,
        hints=found,
        names_scope=_scope(finding, told.credential),
        retry_budget=_retry_budget(x),
        status=x.status if x.status >= _FAILURE else finding.status,
    )


def _read(x: Exchange) -> tuple[str, Finding]:
    """The reader that recognised the body (else the head), and both findings as one."""
    heads = [(r.name, f) for r in READERS if r.part == "head" and (f := r.read(x)) is not None]
    bodies = ((r.name, f) for r in READERS if r.part == "body" and (f := r.read(x)) is not None)
    name, body = next(bodies, ("generic", Finding(evidence=("status",))))
    for head_name, head in heads:
        name = head_name if name == "generic" else name
        body = _joined(head, body)
    return name, body


def _joined(head: Finding, body: Finding) -> Finding:
    """The head's words beside the body's; the sentences of the head come first."""
    return replace(
        body,
        codes=(*body.codes, *head.codes),
        prose=(*head.prose, *body.prose),
        scope=head.scope or body.scope,
        evidence=(*head.evidence, *body.evidence),
    )


def _wait_s(x: Exchange) -> float | None:
    body = x.text if x.value is ABSENT else x.value
    return waits.wait_s(x.reply.headers, body, x.wall)


def _blames(x: Exchange, finding: Finding, kind: Kind) -> tuple[Blame, ...]:
    """The fields that count for this kind: of a refusal by state, only those set apart."""
    named = _named(x, finding, kind)
    return tuple(blame for blame in named if len(blame.name) <= _MOST_NAME)


def _named(x: Exchange, finding: Finding, kind: Kind) -> tuple[Blame, ...]:
    if kind in _BLAMING and finding.blames:
        return finding.blames
    if kind is Kind.INVALID_REQUEST:
        told = sentences.blames(x, finding.prose)
        header = of_status(x.status).field
        return told or ((Blame(header, "header"),) if header else ())
    if kind is Kind.NOT_SUPPORTED:
        return tuple(b for b in sentences.blames(x, finding.prose) if b.place == "header")
    if kind is Kind.NOT_FOUND:
        return tuple(b for b in sentences.blames(x, finding.prose) if b.place == "query")
    return ()


def _processed(x: Exchange, finding: Finding, kind: Kind) -> Processed:
    """Who may say "no": the status, a shape's specification, and a declared server (I1)."""
    claim = _claim(x)
    if claim is not None:
        return claim
    if finding.processed is not None:
        return finding.processed
    if finding.partly:
        return "maybe"
    if kind in _REFUSALS:
        return "no"
    return (
        of_status(x.status).processed if x.status >= _FAILURE and _by_status(x, kind) else "maybe"
    )


def _by_status(x: Exchange, kind: Kind) -> bool:
    return of_status(x.status).kind is kind


def _claim(x: Exchange) -> Processed | None:
    """I1: `X-Processed`, or `processed` of a problem document; only of whom the policy trusts."""
    if not x.attempt.call.destination.says_processed:
        return None
    said = (x.reply.header("x-processed") or "").strip().lower()
    if said in ("no", "yes"):
        return "no" if said == "no" else "yes"
    member = x.object.get("processed") if x.media == "application/problem+json" else None
    if isinstance(member, bool):
        return "yes" if member else "no"
    return None


def _helps(x: Exchange, finding: Finding, kind: Kind, *, is_named: bool) -> Helps:
    usual = _HELPS.get(kind)
    if usual is not None:
        return usual
    if kind is Kind.INVALID_REQUEST and is_named:
        return "changed"
    if any(_NAMED_CHANGE.search(text) for text in finding.prose):
        return "changed"
    if kind is Kind.NOT_FOUND and "successor-version" in (x.reply.header("link") or ""):
        return "changed"
    return "never"


def _scope(finding: Finding, credential: str | None) -> str | None:
    return finding.scope[:200] if finding.scope and credential == "scope" else None


def _retry_budget(x: Exchange) -> int | None:
    left = x.object.get("retry_budget")
    if isinstance(left, bool) or not isinstance(left, int):
        return None
    return max(0, min(left, _MOST_BUDGET))
