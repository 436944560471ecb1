"""Keep drafts, each once."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from battle_healer_replay.engine import Many, Session
from battle_healer_replay.entry import Draft, Reason, Receipt, State
from battle_healer_replay.errors import KeyReusedError, UnavailableError
from battle_healer_replay.rows import given

_ENTRY: Final = (
    "id, tenant, queue, destination, priority, safe, call_id, correlation_id, key, digest,"
    " max_failures, created_ms, expires_ms, state, reason, due_ms, ended_ms,"
    " fence, failures, revision, redrives, cancel_asked"
)
_ENTRY_VALUES: Final = (
    ":id, :tenant, :queue, :destination, :priority, :safe, :call_id, :correlation_id, :key,"
    " :digest, :max_failures, queue_now_ms(), queue_now_ms() + :expires_in_ms, :state, :reason,"
    " queue_now_ms() + :due_in_ms, queue_now_ms() + :ended_in_ms, 0, 0, 1, 0, 0"
)
_PAYLOAD: Final = (
    "entry_id, revision, method, url, headers, body, key, region, credential_ref, policy, error"
)
_PAYLOAD_VALUES: Final = (
    ":id, 1, :method, :url, :headers, :body, :sent_key, :region, :credential_ref, :policy, :error"
)
_GIVEN: Final = (
    "id", "tenant", "queue", "destination", "priority", "safe", "call_id", "correlation_id", "key",
    "digest", "max_failures", "expires_in_ms", "state", "reason", "due_in_ms", "ended_in_ms",
    "method", "url", "headers", "body", "sent_key", "region", "credential_ref", "policy", "error",
)  # fmt: skip


def _of_given(values: str) -> str:
    return values.replace(":", "given.")


# What is sorted is so everywhere: two transactions with the same keys or lanes never wait
# crosswise.
_KEEP: Final = Many(
    (
        f"insert into queue_entries ({_ENTRY}) values ({_ENTRY_VALUES})"  # noqa: S608 -- words of ours
        " on conflict do nothing returning id",
        f"insert into queue_payloads ({_PAYLOAD}) values ({_PAYLOAD_VALUES})",  # noqa: S608 -- words of ours
        "insert into queue_lanes (tenant, queue, destination, not_before_ms)"
        " values (:tenant, :queue, :destination, 0) on conflict do nothing",
    ),
    f"with given as materialized (select * from {given(_GIVEN)}),"  # noqa: S608 -- words of ours
    f" made as (insert into queue_entries ({_ENTRY}) select {_of_given(_ENTRY_VALUES)} from given"
    "  order by tenant, key, id on conflict do nothing returning id),"
    f" paid as (insert into queue_payloads ({_PAYLOAD}) select {_of_given(_PAYLOAD_VALUES)}"
    "  from given join made using (id)),"
    " opened as (insert into queue_lanes (tenant, queue, destination, not_before_ms)"
    "  select distinct tenant, queue, destination, 0 from given order by 1, 2, 3"
    "  on conflict do nothing)"
    " select id from made",
)
_SAME: Final = Many(
    (
        "select :n, id, state, digest from queue_entries"
        " where id = :id or (tenant = :tenant and key = :key)",
    ),
    f"with given as materialized (select * from {given(('n', 'id', 'tenant', 'key'))})"  # noqa: S608 -- words of ours
    " select n, e.id, state, digest from given join queue_entries e using (id)"
    " union select n, e.id, state, digest from given join queue_entries e using (tenant, key)",
)


@dataclass(frozen=True, slots=True)
class Keeping:
    """A draft as values to bind, made by its caller while others commit."""

    id: str
    state: State
    digest: str
    values: dict[str, Any]


def keeping(draft: Draft) -> Keeping:
    """The draft as it is handed to `keep`."""
    payload, name, digest = draft.payload, draft.entry_id, draft.payload.digest
    # I1: what may have taken effect already is never sent again without a person's word.
    is_doubtful = draft.doubt and not draft.safe
    state = State.DEAD if is_doubtful else State.QUEUED
    values = {
        "id": name,
        "tenant": draft.tenant,
        "queue": draft.queue,
        "destination": draft.destination,
        "priority": draft.priority,
        "safe": int(draft.safe),
        "call_id": draft.call_id,
        "correlation_id": draft.correlation_id,
        "key": draft.key,
        "digest": digest,
        "max_failures": draft.max_failures,
        "expires_in_ms": None if draft.expires_in_s is None else round(draft.expires_in_s * 1000),
        "state": state.value,
        "reason": Reason.AMBIGUOUS.value if is_doubtful else None,
        "due_in_ms": round(draft.due_in_s * 1000),
        "ended_in_ms": 0 if is_doubtful else None,
        "method": payload.method,
        "url": payload.url,
        "headers": json.dumps(payload.headers) if payload.headers else "[]",
        "body": payload.body,
        "sent_key": payload.key,
        "region": payload.region,
        "credential_ref": payload.credential_ref,
        "policy": payload.policy,
        "error": payload.error,
    }
    return Keeping(name, state, digest, values)


def keep(session: Session, wanted: Sequence[Keeping]) -> list[Receipt | Exception]:
    """Keep each draft; the same one handed in again is the entry that it became, even if ended.

    A KeyReusedError where the key, or the call, belongs to another request.
    """
    first: dict[str, Keeping] = {}
    for one in wanted:
        first.setdefault(one.id, one)
    made = {row[0] for row in session.many(_KEEP, [one.values for one in first.values()])}
    is_new = [one.id in made and first[one.id] is one for one in wanted]
    old = iter(_found(session, [one for one, new in zip(wanted, is_new, strict=True) if not new]))
    return [
        Receipt(one.id, one.state, True) if new else next(old)
        for one, new in zip(wanted, is_new, strict=True)
    ]


def _found(session: Session, wanted: Sequence[Keeping]) -> list[Receipt | Exception]:
    rows = session.many(_SAME, [one.values | {"n": n} for n, one in enumerate(wanted)])
    found: list[list[tuple[Any, ...]]] = [[] for _ in wanted]
    for n, *row in rows:
        found[n].append(tuple(row))
    return [_receipt(one, same) for one, same in zip(wanted, found, strict=True)]


def _receipt(wanted: Keeping, rows: list[tuple[Any, ...]]) -> Receipt | Exception:
    if not rows:
        return UnavailableError(
            "the entry that it repeats was just removed", wanted.id, "Hand it in once more."
        )
    found, state, _ = rows[0]
    if any(row[2] != wanted.digest for row in rows):
        return KeyReusedError(
            "its key, or its call, belongs to another request already",
            str(found),
            "Give each request a key of its own; the first one is kept as it was.",
        )
    return Receipt(str(found), State(state), False)
