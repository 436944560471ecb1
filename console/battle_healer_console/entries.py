"""Entries over HTTP: list them, tell one's story, and decide what people decide."""

from __future__ import annotations

from itertools import islice
from typing import Annotated, Any, Final

from fastapi import APIRouter, Body, Depends, Path, Query
from pydantic import AwareDatetime

from battle_healer_console.bodies import NO_NUL, Decision, Edit, Name, Redrive, Replay
from battle_healer_console.classing import body_bytes
from battle_healer_console.desk import Desk
from battle_healer_console.problems import responses
from battle_healer_console.schemas import ENTRY, LIST, REDRIVEN, STORY
from battle_healer_replay import Queue
from battle_healer_replay.editing import with_body
from battle_healer_replay.entry import Entry, Reason, State
from battle_healer_replay.errors import ForbiddenError, TooLargeError, UnknownEntryError
from battle_healer_replay.operations.look import Filter
from battle_healer_replay.public import public_entry, public_story
from battle_healer_replay.redriving import redriven

_MOST_LISTED: Final = 500

Id = Annotated[str, Path(max_length=200, pattern=NO_NUL, description="Of the entry: `entry-…`.")]
Cursor = Annotated[
    str, Query(max_length=200, pattern=NO_NUL, description="`next` of the page before.")
]
_DECIDED: Final = responses(UnknownEntryError, ForbiddenError)


def _wanted(  # noqa: PLR0913, PLR0917 -- each is a query parameter
    state: State | None = None,
    reason: Reason | None = None,
    tenant: Name | None = None,
    queue: Name | None = None,
    destination: Name | None = None,
    correlation_id: Name | None = None,
    since: Annotated[AwareDatetime | None, Query(description="Kept at or after.")] = None,
    until: Annotated[AwareDatetime | None, Query(description="Kept before.")] = None,
) -> Filter:
    return Filter(
        state,
        reason,
        tenant,
        queue,
        destination,
        correlation_id,
        _ms(since),
        _ms(until),
    )


def router(desk: Desk) -> APIRouter:
    """The operations as a router of its own."""
    api = APIRouter(tags=["queue"])

    @api.get(
        "/queue-failed", summary="List entries, the oldest first.", responses=responses() | LIST
    )
    async def list_(
        wanted: Annotated[Filter, Depends(_wanted)],
        limit: Annotated[int, Query(ge=1, le=_MOST_LISTED)] = 50,
        cursor: Cursor = "",
    ) -> dict[str, Any]:
        # One more than asked for tells whether there is another page.
        found = await desk.ask(lambda queue: queue.page(wanted, after=cursor, limit=limit + 1))
        page = found[:limit]
        return {
            "entries": [public_entry(entry) for entry in page],
            "next": page[-1].id if len(found) > limit else None,
        }

    @api.post(
        "/queue-failed/redrive",
        summary="Send dead entries again that are not in doubt, at a rate.",
        responses=responses() | REDRIVEN,
    )
    async def redrive(redrive: Redrive) -> dict[str, Any]:
        names = await desk.ask(lambda queue: _redriven(queue, redrive))
        return {"redriven": len(names), "entries": names}

    @api.get(
        "/queue-failed/{entry_id}",
        summary="Tell the whole story of an entry: revisions, attempts, decisions.",
        responses=responses(UnknownEntryError) | STORY,
    )
    async def show(entry_id: Id) -> dict[str, Any]:
        return public_story(await desk.ask(lambda queue: queue.story(entry_id)))

    _add_decisions(api, desk)
    return api


def _add_decisions(api: APIRouter, desk: Desk) -> None:
    @api.post(
        "/queue-failed/{entry_id}/replay",
        summary="Send a dead entry again; one in doubt needs your word that it took no effect.",
        responses=_DECIDED | ENTRY,
    )
    async def replay(entry_id: Id, said: Annotated[Replay | None, Body()] = None) -> dict[str, Any]:
        wish = said or Replay()
        return public_entry(
            await desk.ask(
                lambda queue: queue.redrive(
                    entry_id,
                    who=wish.by,
                    why=wish.why,
                    send_again=wish.send_again,
                    in_s=wish.in_s,
                )
            )
        )

    @api.post(
        "/queue-failed/{entry_id}/cancel",
        summary="Send it no more; one that runs is asked to end before it is sent.",
        responses=_DECIDED | ENTRY,
    )
    async def cancel(
        entry_id: Id, said: Annotated[Decision | None, Body()] = None
    ) -> dict[str, Any]:
        wish = said or Decision()
        return public_entry(
            await desk.ask(lambda queue: queue.cancel(entry_id, who=wish.by, why=wish.why))
        )

    @api.post(
        "/queue-failed/{entry_id}/settle",
        summary="Say that an entry in doubt took effect: it has succeeded.",
        responses=_DECIDED | ENTRY,
    )
    async def settle(
        entry_id: Id, said: Annotated[Decision | None, Body()] = None
    ) -> dict[str, Any]:
        wish = said or Decision()
        return public_entry(
            await desk.ask(lambda queue: queue.settle(entry_id, who=wish.by, why=wish.why))
        )

    @api.put(
        "/queue-failed/{entry_id}/body",
        summary="Give a dead entry another body: a new revision, under a new key.",
        responses=responses(UnknownEntryError, ForbiddenError, TooLargeError) | ENTRY,
    )
    async def edit(entry_id: Id, edit: Edit) -> dict[str, Any]:
        return public_entry(await desk.ask(lambda queue: _edited(queue, entry_id, edit)))


def _edited(queue: Queue, entry_id: str, edit: Edit) -> Entry:
    newest = queue.story(entry_id).payloads[-1]
    payload = with_body(newest, body_bytes(edit.body), edit.idempotency_key)
    return queue.edit(entry_id, payload, who=edit.by, why=edit.why)


def _redriven(queue: Queue, wish: Redrive) -> list[str]:
    wanted = Filter(
        State.DEAD,
        wish.reason,
        wish.tenant,
        wish.queue,
        wish.destination,
        wish.correlation_id,
        _ms(wish.since),
        _ms(wish.until),
    )
    found = redriven(queue, wanted, who=wish.by, why=wish.why, per_s=wish.per_s)
    return [entry.id for entry in islice(found, wish.most)]


def _ms(moment: AwareDatetime | None) -> int | None:
    return None if moment is None else round(moment.timestamp() * 1000)
