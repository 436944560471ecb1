"""Keep drafts, each once."""

from __future__ import annotations

from collections.abc import Sequence
from operator import itemgetter
from typing import Any

from battle_healer_replay.engine import Session
from battle_healer_replay.entry import Draft, Entry, Reason, Receipt, State
from battle_healer_replay.errors import KeyReusedError, UnavailableError
from battle_healer_replay.operations.clock import now_of
from battle_healer_replay.rows import (
    ENTRY,
    PAYLOAD,
    columns,
    entry_values,
    payload_values,
    places,
)

INSERT = (
    f"insert into queue_entries ({columns(ENTRY)}) values ({places(ENTRY)})"  # noqa: S608 -- columns of ours
    " on conflict do nothing returning id"
)
INSERT_PAYLOAD = (
    f"insert into queue_payloads (entry_id, revision, {columns(PAYLOAD)})"  # noqa: S608 -- columns of ours
    f" values (:entry_id, :revision, {places(PAYLOAD)})"
)
INSERT_LANE = (
    "insert into queue_lanes (tenant, queue, destination, not_before_ms)"
    " values (:tenant, :queue, :destination, 0) on conflict do nothing"
)
_SAME = (
    "select id, state, digest from queue_entries"
    " where id = :id or (tenant = :tenant and key = :key)"
)


def keep(session: Session, drafts: Sequence[Draft]) -> list[Receipt | Exception]:
    """Keep each draft; the same one handed in again is the entry that it became, even if ended.

    A KeyReusedError where the key, or the call, belongs to another request.
    """
    now = now_of(session)
    # In one order everywhere: two transactions with the same keys never wait crosswise.
    order = sorted(range(len(drafts)), key=lambda i: (drafts[i].tenant, drafts[i].key or ""))
    receipts = _kept(session, [drafts[i] for i in order], now)
    return [receipt for _, receipt in sorted(zip(order, receipts, strict=True), key=itemgetter(0))]


def _kept(session: Session, drafts: Sequence[Draft], now: int) -> list[Receipt | Exception]:
    entries = [_entry(draft, now) for draft in drafts]
    made = session.each(INSERT, [entry_values(entry) for entry in entries])
    new = [(d, e) for d, e, rows in zip(drafts, entries, made, strict=True) if rows]
    session.run(
        INSERT_PAYLOAD,
        [payload_values(d.payload) | {"entry_id": e.id, "revision": 1} for d, e in new],
    )
    session.run(INSERT_LANE, _lanes(entry for _, entry in new))
    old = iter(_found(session, [e for e, rows in zip(entries, made, strict=True) if not rows]))
    return [
        Receipt(entry.id, entry.state, True) if rows else next(old)
        for entry, rows in zip(entries, made, strict=True)
    ]


def _lanes(entries: Any) -> list[dict[str, Any]]:
    names = dict.fromkeys((e.tenant, e.queue, e.destination) for e in entries)
    # In one order everywhere: two transactions that add the same lanes never wait crosswise.
    return [{"tenant": t, "queue": q, "destination": d} for t, q, d in sorted(names)]


def _entry(draft: Draft, now: int) -> Entry:
    doubt = draft.doubt and not draft.safe
    expires = None if draft.expires_in_s is None else now + round(draft.expires_in_s * 1000)
    return Entry(
        id=draft.entry_id,
        tenant=draft.tenant,
        queue=draft.queue,
        destination=draft.destination,
        priority=draft.priority,
        safe=draft.safe,
        call_id=draft.call_id,
        correlation_id=draft.correlation_id,
        key=draft.key,
        digest=draft.payload.digest,
        max_failures=draft.max_failures,
        created_ms=now,
        expires_ms=expires,
        # I1: what may have taken effect already is never sent again without a person's word.
        state=State.DEAD if doubt else State.QUEUED,
        reason=Reason.AMBIGUOUS if doubt else None,
        ended_ms=now if doubt else None,
        due_ms=now + max(0, round(draft.due_in_s * 1000)),
    )


def _found(session: Session, entries: list[Entry]) -> list[Receipt | Exception]:
    asked = [{"id": e.id, "tenant": e.tenant, "key": e.key} for e in entries]
    return [
        _receipt(entry, rows)
        for entry, rows in zip(entries, session.each(_SAME, asked), strict=True)
    ]


def _receipt(entry: Entry, rows: list[tuple[Any, ...]]) -> Receipt | Exception:
    if not rows:
        return UnavailableError(
            "the entry that it repeats was just removed", entry.id, "Hand it in once more."
        )
    found, state, _ = rows[0]
    if any(row[2] != entry.digest for row in rows):
        return KeyReusedError(
            "its key, or its call, belongs to another request already",
            str(found),
            "Give each request a key of its own; the first one is kept as it was.",
        )
    return Receipt(str(found), State(state), False)
