"""What is known of one call while it runs; the part of its hands that does no I/O."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from battle_healer.clients.bodies import Reading, Upload, lines_of
from battle_healer.clients.engine import Engine
from battle_healer.clients.intake import EXTENSION, STREAMED, origin_of
from battle_healer.clients.library import Library
from battle_healer.clients.outcomes import ENDED, Clean
from battle_healer.clients.outgoing import fit, outgoing
from battle_healer.clients.replaying import REPLAY, Replay
from battle_healer.commands import Note
from battle_healer.diagnosis import is_plain_body
from battle_healer.gates.admission import Place, Spot
from battle_healer.ids import correlation_here
from battle_healer.model import Attempt, Call, Lost, Outcome, OutcomeKind, Refused, Reply, Trouble
from battle_healer.posts import ANSWER_BYTES

if TYPE_CHECKING:
    import httpx2

_WISHES: Final = (EXTENSION, STREAMED, REPLAY)
"""Request extensions that only a call can be read for."""


class OneCall:
    """A call, the request it came from, and the library that carries it.

    upload: the request's body, None where it is in memory. last: the newest reply of
    the API, to be closed when another replaces it. began, deadline: monotonic seconds.
    """

    __slots__ = (
        "_call", "_how", "began", "correlation", "deadline", "engine", "last", "library",
        "original", "upload",
    )  # fmt: skip

    def __init__(
        self, engine: Engine, library: Library, original: httpx2.Request, upload: Upload | None
    ) -> None:
        self.engine, self.library = engine, library
        self.original, self.upload = original, upload
        self.began, self.correlation = engine.now(), correlation_here()
        self.deadline = self.began + engine.deadline_s
        self.last: httpx2.Response | None = None
        self._call: Call | None = None

    @property
    def call(self) -> Call:
        """What the caller wants done; read from the request when it is first asked for."""
        if self._call is None:
            kept = self.upload
            call = self.engine.call_of(self.began, self.correlation, self.original, kept)
            self._call, self.deadline = call, call.deadline
        return self._call

    @property
    def how(self) -> Reading:
        """How a reply is read."""
        engine, streamed = self.engine, STREAMED in self.original.extensions
        return Reading(self.library, engine.body_bytes, streamed, engine.now, self.deadline)

    @property
    def how_beside(self) -> Reading:
        """How the answer of an exchange beside the call is read."""
        return Reading(self.library, ANSWER_BYTES, False, self.engine.clock.now, self.deadline)

    @property
    def left_s(self) -> float:
        """Seconds until the deadline, 0.0 or more."""
        return max(0.0, self.deadline - self.engine.clock.now())

    def glance(self) -> Spot | None:
        """Let the request go out as it is; None where something has to be read or changed first.

        Most calls succeed, so nothing is read of one that needs no credential, no header of ours
        and no other time-outs, until it fails.
        """
        extensions = self.original.extensions
        if self.upload is not None or not extensions.keys().isdisjoint(_WISHES):
            return None
        engine, waits = self.engine, extensions.get("timeout")
        if waits != engine.fitting:
            if not fit(waits, engine.deadline_s):
                return None
            engine.fitting = waits
        return engine.gates.glance(origin_of(self.original.url))

    def plain(self, response: httpx2.Response, body: bytes | Reply) -> Reply | httpx2.Response:
        """The response itself where its body is plainly good, too; the caller reads it again."""
        if isinstance(body, Reply):
            return body
        if not is_plain_body(body, None):
            return self.how.whole(response, lines_of(response), body)
        if not isinstance(response.stream, self.library.ByteStream):
            response.stream = self.library.ByteStream(body)
        return response

    def glanced(
        self, spot: Spot, found: Trouble | httpx2.Response
    ) -> tuple[Attempt, Trouble] | httpx2.Response:
        """Let the gates learn what came of a request that `glance` let in."""
        engine = self.engine
        if not isinstance(found, (Reply, Lost, Refused)):
            engine.gates.saw_clean(spot)
            engine.journal.count_clean()
            call_of = partial(engine.call_of, self.began, self.correlation)
            mark = Clean(call_of, None, found.status_code)
            self.original.extensions[ENDED] = found.extensions[EXTENSION] = mark
            return found
        attempt = self.first(spot.place(None))
        trouble = engine.judged(attempt, found)
        engine.settle(attempt, trouble)
        return attempt, trouble

    def gave_up(self, spot: Spot) -> None:
        """Give back what a request held that `glance` let in, and that was cancelled."""
        self.engine.settle(self.first(spot.place(None)), None)

    def first(self, place: Place) -> Attempt:
        """The first attempt, signed if that needs no exchange."""
        grant = self.call.own
        if place.credential is not None:
            grant = self.engine.credentials.current(self.call.destination, place.credential)
        return Attempt(self.call, 1, place.region, grant, self.call.body, self.left_s)

    def unsent(self) -> Attempt:
        """The first attempt, had it been made."""
        return Attempt(self.call, 1, self.call.home, self.call.own, self.call.body, self.left_s)

    def before_send(self, attempt: Attempt) -> None:
        """Let whoever replays the call know that bytes may leave from now on (I8)."""
        replay: Replay | None = self.original.extensions.get(REPLAY)
        if replay is not None:
            replay.before_send(attempt)

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
