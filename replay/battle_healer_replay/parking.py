"""What may be kept, and how a call of the agent becomes a draft."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final
from urllib.parse import urlsplit

from battle_healer import model
from battle_healer.rules import Rules
from battle_healer.secret import is_secret_header, is_secret_query
from battle_healer.text import safe, safe_url, valid_correlation_id
from battle_healer_replay.entry import PRIORITIES, Draft, Payload
from battle_healer_replay.errors import RefusedError, TooLargeError

_NAME_CHARACTERS: Final = 200
_ERROR_CHARACTERS: Final = 2000
_LINE_ENDS: Final = frozenset("\n\r\0")
_FURTHEST_S: Final = 10 * 366 * 86_400.0


def draft_of(entry: model.Entry) -> Draft:
    """The draft of a call that the agent parks: as first sent, and without its secrets."""
    payload = Payload(
        method=entry.method,
        url=entry.url,
        headers=entry.headers,
        body=entry.body,
        key=entry.key,
        region=entry.region,
        credential_ref=entry.credential_ref,
        policy=entry.policy,
        error=safe(entry.error, _ERROR_CHARACTERS),
    )
    return Draft(
        call_id=entry.call_id,
        correlation_id=entry.correlation_id,
        destination=entry.destination,
        payload=payload,
        safe=entry.repeatable,
        key=entry.key,
        tenant=entry.tenant,
        queue=entry.queue or "default",
        due_in_s=entry.not_before_s,
        max_failures=entry.rule.max_failures,
        doubt=entry.processed != "no",
        body_bytes=entry.rule.body_bytes,
    )


def checked(draft: Draft) -> Draft:
    """The draft without headers that hold credentials. Raises RefusedError for what is wrong."""
    payload = draft.payload
    if (size := len(payload.body or b"")) > draft.body_bytes:
        raise TooLargeError(
            f"a body of {size} bytes, {draft.body_bytes} may be kept",
            draft.entry_id,
            "Raise `body_bytes` of its queue in the policy, or keep the body elsewhere.",
        )
    for what, fix in _objections(draft):
        raise RefusedError(what, draft.entry_id, fix)
    kept = tuple((n, v) for n, v in payload.headers if not is_secret_header(n))
    if kept == payload.headers:
        return draft
    return replace(draft, payload=replace(payload, headers=kept))


def _objections(draft: Draft) -> Iterator[tuple[str, str]]:
    """What is wrong with a draft, and what would be right."""
    yield from _of_payload(draft.payload)
    names = (draft.tenant, draft.queue, draft.destination)
    if any(not n or len(n) > _NAME_CHARACTERS or not n.isprintable() for n in names):
        yield (
            "a tenant, queue or destination without a usable name",
            f"Use 1 to {_NAME_CHARACTERS} printable characters.",
        )
    if draft.priority not in PRIORITIES:
        yield "an unknown priority", f"Use {', '.join(PRIORITIES)}."
    times = (draft.due_in_s, 0.0 if draft.expires_in_s is None else draft.expires_in_s)
    # Written so that what is no number fails too.
    if not all(0 <= t <= _FURTHEST_S for t in times):
        yield (
            "a due time or an expiry in the past, or too far off",
            "Give seconds from now, 0 or more.",
        )
    if not (valid_correlation_id(draft.correlation_id) and valid_correlation_id(draft.call_id)):
        yield "a call id or correlation id that is none", "Use 1 to 128 of A-Z a-z 0-9 . _ -"
    if draft.max_failures < 1:
        yield "no failure allowed", "Allow 1 or more."


def _of_payload(payload: Payload) -> Iterator[tuple[str, str]]:
    """What is wrong with what it would send."""
    parts = urlsplit(payload.url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        yield "no absolute URL", "Write it whole: https://api.example/charges."
    is_secret = any(is_secret_query(p.partition("=")[0]) for p in parts.query.split("&"))
    if is_secret or parts.username is not None:
        yield (
            f"a secret in the URL {safe_url(payload.url)}",
            "Declare it as a credential in the policy; it is attached at delivery.",
        )
    if any(not _LINE_ENDS.isdisjoint(n + v) for n, v in payload.headers):
        yield "a line end in a header", "A header is one line."


def declared(draft: Draft, rules: Rules) -> None:
    """Raise RefusedError for a URL in no declared destination: a queue sends to no others (I2)."""
    destination, _, _ = rules.place(draft.payload.url)
    if not destination.declared or destination.name != draft.destination:
        raise undeclared(draft.payload.url, rules.source)


def undeclared(url: str, where: str) -> RefusedError:
    """The error for a URL in no declared destination. where: the policy's name."""
    return RefusedError(
        f"{safe_url(url)} is in no declared destination",
        where,
        "Declare its region in the policy; the queue sends nowhere else.",
    )
