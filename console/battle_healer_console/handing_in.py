"""`POST /queue-failed`: 202 after the commit, and not before."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from fastapi import APIRouter, Response

from battle_healer.rules import Rules
from battle_healer_console.bodies import Handed
from battle_healer_console.classing import Classed, classed, url_of
from battle_healer_console.desk import Desk
from battle_healer_console.problems import responses
from battle_healer_replay import Queue, Receipt
from battle_healer_replay.entry import State
from battle_healer_replay.errors import KeyReusedError, RefusedError, TooLargeError

Declaring = Callable[[str], Rules]
"""The rules that declare a URL. Raises RefusedError where none do."""

_ACCEPTED: Final[dict[str, Any]] = {
    "status": "queued",
    "id": "entry-0199b3c6-8f2e-7d11-a6b0-6f0e1c2d3e4f",
    "state": "queued",
    "note": "it will be delivered, and the answer kept in its story",
    "is_new": True,
    "dropped_headers": [],
    "unknown_fields": [],
}


def router(desk: Desk, declaring: Declaring, new_id: Callable[[str], str]) -> APIRouter:
    """The operation as a router of its own."""
    api = APIRouter(tags=["queue"])

    @api.post(
        "/queue-failed",
        status_code=202,
        summary="Hand in a call that failed, to be delivered later.",
        responses=responses(KeyReusedError, RefusedError, TooLargeError)
        | {
            202: {
                "description": "Committed.",
                "content": {"application/json": {"example": _ACCEPTED}},
            }
        },
    )
    async def hand_in(handed: Handed, response: Response) -> dict[str, Any]:
        def keep(queue: Queue) -> tuple[Classed, Receipt]:
            url = url_of(handed.url)
            found = classed(handed, url, declaring(url), new_id, queue.now_ms())
            return found, queue.enqueue(found.draft)

        found, receipt = await desk.ask(keep)
        response.headers["Location"] = f"/queue-failed/{receipt.id}"
        return {
            "status": "queued",
            "id": receipt.id,
            "state": str(receipt.state),
            "note": _note(found, receipt),
            "is_new": receipt.is_new,
            "dropped_headers": list(found.dropped),
            "unknown_fields": list(found.unknown),
        }

    return api


def _note(found: Classed, receipt: Receipt) -> str:
    """What becomes of it, in words."""
    draft = found.draft
    if not receipt.is_new:
        told = [f"the same was handed in before, and is {receipt.state}"]
    elif receipt.state is State.DEAD:
        told = [
            "it may have taken effect, and no key that the policy calls honoured protects it: it "
            "is not sent until somebody decides (settle, or replay with send_again)"
        ]
    else:
        told = ["it will be delivered, and the answer kept in its story"]
    if found.dropped:
        told.append(
            f"credentials are never kept, so {', '.join(found.dropped)} was dropped; the policy's "
            f"credential for {draft.destination} signs it"
        )
    if found.dropped and draft.doubt and draft.payload.key and draft.safe:
        told.append("its key protects it only if both belong to one account")
    if found.unknown:
        told.append(f"not known, and not kept: {', '.join(found.unknown)}")
    return "; ".join(told)
