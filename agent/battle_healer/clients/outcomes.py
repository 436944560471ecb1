"""How a call ended, from what its caller holds: a reply, or an exception."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from battle_healer.clients.intake import EXTENSION
from battle_healer.diagnosis import verified
from battle_healer.errors import CallQueued, UsageError
from battle_healer.model import Attempt, Outcome, OutcomeKind, Reply

ENDED: Final = "healer.ended"
"""A request extension: how its call ended, for errors that are raised after the transport."""


@dataclass(frozen=True, slots=True)
class Clean:
    """One clean send; the outcome is built only when somebody asks."""

    attempt: Attempt = field(repr=False)
    status: int
    kept: bool
    verified: bool | None

    def outcome(self) -> Outcome:
        """The outcome: delivered, nothing done."""
        call = self.attempt.call
        return Outcome(
            kind=OutcomeKind.DELIVERED,
            effect="none" if call.is_read else "once",
            reason="the API answered",
            status=self.status,
            call_id=call.id,
            correlation_id=call.correlation_id,
            destination=call.destination.name,
            endpoint=call.endpoint.name,
            region=self.attempt.region.name,
            verified=self.verified,
            body="kept" if self.kept else "passed",
        )


def clean(attempt: Attempt, reply: Reply) -> Clean:
    """Return the mark of one clean send."""
    return Clean(attempt, reply.status, reply.body is not None, verified(attempt, reply))


def outcome_of(ended: object) -> Outcome:
    """Return how a call ended, with every step and its reason.

    ended: the reply that a healing client gave, or the exception that it raised, also a
    status error made from such a reply. Raises UsageError for anything else.
    """
    if isinstance(ended, CallQueued) and ended.outcome is not None:
        return ended.outcome
    for found in _marks(ended):
        if isinstance(found, Outcome):
            return found
        if isinstance(found, Clean):
            return found.outcome()
    raise UsageError(
        f"this {type(ended).__name__} did not come through a healing client",
        "outcome_of",
        "Give it a reply or an exception of HealingClient or HealingTransport.",
    )


def _marks(ended: object) -> list[Any]:
    """Where an outcome may be noted: on the thing itself, its reply, then its request."""
    marks: list[Any] = [getattr(ended, "__dict__", {}).get(EXTENSION)]
    for holder in (ended, getattr(ended, "response", None)):
        extensions = getattr(holder, "extensions", None)
        if isinstance(extensions, dict):
            marks.append(extensions.get(EXTENSION))
    try:
        # Both libraries raise where no request is known.
        request = getattr(ended, "request", None)
    except RuntimeError:
        request = None
    extensions = getattr(request, "extensions", None)
    if isinstance(extensions, dict):
        marks.append(extensions.get(ENDED))
    return marks


def mark(error: Exception, outcome: Outcome) -> Exception:
    """Note the outcome on an exception of the HTTP library, and return it."""
    error.__dict__[EXTENSION] = outcome
    return error
