"""What is known of one call while it runs; the part of its hands that does no I/O."""

from __future__ import annotations

from typing import TYPE_CHECKING

from battle_healer.clients.bodies import Reading, Upload
from battle_healer.clients.engine import Engine
from battle_healer.clients.library import Library
from battle_healer.clients.outgoing import outgoing
from battle_healer.commands import Note
from battle_healer.gates.admission import Place
from battle_healer.model import Attempt, Call, Outcome, OutcomeKind
from battle_healer.posts import ANSWER_BYTES

if TYPE_CHECKING:
    import httpx2


class OneCall:
    """A call, the request it came from, and the library that carries it.

    streamed: the caller wants the body as a stream. last: the newest reply of the API, to be
    closed when another replaces it.
    """

    def __init__(
        self,
        engine: Engine,
        library: Library,
        original: httpx2.Request,
        upload: Upload,
        *,
        streamed: bool,
    ) -> None:
        self.engine, self.library = engine, library
        self.original, self.upload = original, upload
        self.call: Call = engine.intake.call(original, upload)
        self.last: httpx2.Response | None = None
        self.how = Reading(library, engine.rules.bounds.body_bytes, streamed, self.is_late)

    @property
    def how_beside(self) -> Reading:
        """How the answer of an exchange beside the call is read."""
        return Reading(self.library, ANSWER_BYTES, False, self.is_late)

    @property
    def left_s(self) -> float:
        """Seconds until the deadline, 0.0 or more."""
        return max(0.0, self.call.deadline - self.engine.clock.now())

    def is_late(self) -> bool:
        """Whether the deadline is over."""
        return self.engine.clock.now() > self.call.deadline

    def first(self, place: Place) -> Attempt:
        """The first attempt, signed if that needs no exchange."""
        grant = self.call.own
        if place.credential is not None:
            grant = self.engine.credentials.current(self.call.destination, place.credential)
        return Attempt(self.call, 1, place.region, grant, self.call.body, self.left_s)

    def unsent(self) -> Attempt:
        """The first attempt, had it been made."""
        return Attempt(self.call, 1, self.call.home, self.call.own, self.call.body, self.left_s)

    def outgoing(self, attempt: Attempt) -> httpx2.Request:
        """The library's request of an attempt."""
        return outgoing(attempt, self.original, self.upload, self.library)

    def mistake(self) -> Outcome:
        """The outcome of a request that the library cannot send as it is."""
        call = self.call
        return Outcome(
            kind=OutcomeKind.FAILED,
            effect="none" if call.is_read else "unknown",
            reason="the HTTP library refused the request itself; nothing here heals that",
            call_id=call.id,
            correlation_id=call.correlation_id,
            destination=call.destination.name,
            endpoint=call.endpoint.name,
            region=call.home.name,
        )

    def note(self, note: Note) -> None:
        """Tell whoever watches."""
        self.engine.journal.note(self.call, note)
