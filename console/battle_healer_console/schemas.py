"""What the API answers, for its OpenAPI document: made of the queue's own values, with examples."""

from __future__ import annotations

from typing import Any, Final

from pydantic import BaseModel, Field

from battle_healer_replay.entry import Action, Attempt, Entry, Payload, Reason, State
from battle_healer_replay.operations.look import Paused
from battle_healer_replay.public import public_entry

Responses = dict[int | str, dict[str, Any]]


class Listed(BaseModel):
    """A page of entries; `next` is the cursor of the page after it, null at the end."""

    entries: list[Entry]
    next: str | None


class ToldStory(BaseModel):
    """All fields of an entry, and these."""

    payloads: list[Payload] = Field(description="By revision; the body as text.")
    attempts: list[Attempt]
    actions: list[Action]


class Status(BaseModel):
    """Figures of the moment. Recent is in the last 24 h."""

    queued: int
    running: int
    succeeded: int
    dead: int
    cancelled: int
    dead_recent: int
    undecided: int = Field(description="Dead ones that need a person's decision.")
    oldest_s: float | None = Field(description="Age of the oldest that is queued or runs.")
    in_per_minute: int
    out_per_minute: int
    paused: list[Paused]


class Pauses(BaseModel):
    """The pauses that stand now."""

    paused: list[Paused]


class Redriven(BaseModel):
    """What was redriven, in the order in which it falls due."""

    redriven: int
    entries: list[str]


_ID: Final = "0199b3c6-8f2e-7d11-a6b0-6f0e1c2d3e4f"
_ENTRY: Final = public_entry(
    Entry(
        id=f"entry-{_ID}",
        tenant="default",
        queue="charges",
        destination="pay",
        priority="normal",
        safe=False,
        call_id=f"call-{_ID}",
        correlation_id="order-17",
        key="request:req-1",
        digest="9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        max_failures=8,
        created_ms=1_764_000_000_000,
        expires_ms=1_764_604_800_000,
        state=State.DEAD,
        reason=Reason.AMBIGUOUS,
        ended_ms=1_764_000_000_000,
    )
)
_PAUSE: Final = {
    "scope": "destination", "name": "pay", "who": "ada", "why": "maintenance",
    "at_ms": 1_764_000_000_000, "until_ms": None,
}  # fmt: skip
_STATUS: Final = {
    "queued": 12, "running": 2, "succeeded": 340, "dead": 3, "cancelled": 0, "dead_recent": 1,
    "undecided": 1, "oldest_s": 31.5, "in_per_minute": 4, "out_per_minute": 9, "paused": [_PAUSE],
}  # fmt: skip


def _answers(model: type[BaseModel] | type[Entry], example: Any) -> Responses:
    return {200: {"model": model, "content": {"application/json": {"example": example}}}}


ENTRY: Final = _answers(Entry, _ENTRY)
LIST: Final = _answers(Listed, {"entries": [_ENTRY], "next": None})
STORY: Final = _answers(ToldStory, _ENTRY | {"payloads": [], "attempts": [], "actions": []})
STATUS: Final = _answers(Status, _STATUS)
PAUSED: Final = _answers(Pauses, {"paused": [_PAUSE]})
REDRIVEN: Final = _answers(Redriven, {"redriven": 1, "entries": [f"entry-{_ID}"]})
