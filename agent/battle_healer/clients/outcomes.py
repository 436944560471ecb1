"""How a call ended, from what its caller holds: a reply, or an exception."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from battle_healer.clients.intake import EXTENSION
from battle_healer.diagnosis import verified
from battle_healer.errors import CallQueued, UsageError
from battle_healer.model import Attempt, Call, Outcome, OutcomeKind, Reply

ENDED: Final = "healer.ended"
"""A request extension: how its call ended, for errors that are raised after the transport."""


class Clean:
    """One clean send; the outcome is built only when somebody asks.

    call: gives the call from its request. Neither is kept here: a request holds this mark.
    region: its name, None for the call's own.
    """

    __slots__ = ("_call", "_kept", "_outcome", "_region", "_status", "_verified")

    def __init__(
        self,
        call: Callable[[Any], Call],
        region: str | None,
        status: int,
        *,
        kept: bool = True,
        verified: bool | None = None,
    ) -> None:
        self._call, self._region, self._status = call, region, status
        self._kept, self._verified = kept, verified
        self._outcome: Outcome | None = None

    def outcome(self, request: Any) -> Outcome:
        """The outcome: delivered, nothing done."""
        if self._outcome is None:
            call = self._call(request)
            self._outcome = Outcome(
                kind=OutcomeKind.DELIVERED,
                effect="none" if call.is_read else "once",
                reason="the API answered",
                status=self._status,
                call_id=call.id,
                correlation_id=call.correlation_id,
                destination=call.destination.name,
                endpoint=call.endpoint.name,
                region=self._region or call.home.name,
                verified=self._verified,
                body="kept" if self._kept else "passed",
            )
        return self._outcome


def clean(attempt: Attempt, reply: Reply) -> Clean:
    """Return the mark of one clean send."""
    call = attempt.call
    return Clean(
        lambda _: call,
        attempt.region.name,
        reply.status,
        kept=reply.body is not None,
        verified=verified(attempt, reply),
    )


def outcome_of(ended: object) -> Outcome:
    """Return how a call ended, with every step and its reason.

    ended: the reply that a healing client gave, or the exception that it raised, also a
    status error made from such a reply. Raises UsageError for anything else.
    """
    if isinstance(ended, CallQueued) and ended.outcome is not None:
        return ended.outcome
    request = _request_of(ended)
    for found in _marks(ended, request):
        if isinstance(found, Outcome):
            return found
        if isinstance(found, Clean):
            return found.outcome(request)
    raise UsageError(
        f"this {type(ended).__name__} did not come through a healing client",
        "outcome_of",
        "Give it a reply or an exception of HealingClient or HealingTransport.",
    )


def _request_of(ended: object) -> Any:
    try:
        return getattr(ended, "request", None)
    except RuntimeError:  # both libraries raise where none is known
        return None


def _marks(ended: object, request: Any) -> list[Any]:
    """Where an outcome may be noted: on the thing itself, its reply, then its request."""
    marks: list[Any] = [getattr(ended, "__dict__", {}).get(EXTENSION)]
    for holder in (ended, getattr(ended, "response", None)):
        extensions = getattr(holder, "extensions", None)
        if isinstance(extensions, dict):
            marks.append(extensions.get(EXTENSION))
    extensions = getattr(request, "extensions", None)
    if isinstance(extensions, dict):
        marks.append(extensions.get(ENDED))
    return marks


def mark(error: Exception, outcome: Outcome) -> Exception:
    """Note the outcome on an exception of the HTTP library, and return it."""
    error.__dict__[EXTENSION] = outcome
    return error
