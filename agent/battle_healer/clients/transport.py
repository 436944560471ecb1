"""The healing transports: under any client of httpx2 (or httpx 0.28), an SDK's too."""

from __future__ import annotations

import threading
from os import PathLike
from typing import TYPE_CHECKING

import httpx2

from battle_healer.clients.answers import answer
from battle_healer.clients.async_hands import AsyncHands
from battle_healer.clients.bodies import aupload, upload
from battle_healer.clients.bounded import bound
from battle_healer.clients.engine import Engine
from battle_healer.clients.hands import Hands
from battle_healer.clients.intake import EXTENSION
from battle_healer.clients.library import Library, library_of
from battle_healer.clients.one_call import OneCall
from battle_healer.clients.outcomes import ENDED, clean
from battle_healer.clients.surroundings import Surroundings
from battle_healer.drivers import asynchronous, blocking
from battle_healer.episode import Ending, episode
from battle_healer.journal import OnEvent
from battle_healer.model import Attempt, OutcomeKind, Reply
from battle_healer.planners.planner import Planner
from battle_healer.rules import Rules
from battle_healer.stores import Store

if TYPE_CHECKING:
    from battle_healer.policy import Policy


class HealingTransport(httpx2.BaseTransport):
    """Heals every call that a client sends through it.

    inner: what really sends; None for the library's own, made at the first request. It belongs
    to this transport, which closes it. policy, queue, planner, on_event: as for `Engine`.
    surroundings: clock, waiting and chance, for tests. engine: shared with another transport,
    instead of the five.
    """

    def __init__(  # noqa: PLR0913 -- keyword-only, as in the library's own transports
        self,
        inner: httpx2.BaseTransport | None = None,
        *,
        policy: str | PathLike[str] | Policy | Rules | None = None,
        queue: Store | None = None,
        planner: str | Planner | None = None,
        on_event: OnEvent | None = None,
        surroundings: Surroundings | None = None,
        engine: Engine | None = None,
    ) -> None:
        self.engine = engine or Engine(policy, queue, planner, on_event, surroundings)
        self._inner, self._lock = inner, threading.Lock()
        bound(inner)
        self._sleeper = blocking.Sleeper()
        self._wait = self.engine.around.wait or self._sleeper.wait

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send a request, and heal what goes wrong.

        Raises the HTTP library's own exceptions, CallQueued where the call was parked,
        UsageError for an unknown destination, ClosedError if the client closes meanwhile.
        """
        library, engine = library_of(request), self.engine
        kept = None
        if not isinstance(request.stream, library.ByteStream):
            kept = upload(request, library, engine.body_bytes)
        one = OneCall(engine, library, request, kept)
        hands = Hands(one, self._inner or self._own(library))
        spot = one.glance()
        first = hands.first() if spot is None else hands.glanced(spot)
        if not isinstance(first, tuple):
            return first
        attempt, trouble = first
        if isinstance(trouble, Reply) and trouble.diagnosis is None:
            return given(one, attempt, trouble)
        try:
            ending = blocking.drive(episode(attempt, trouble, engine.kit), hands, self._wait)
        except BaseException as error:
            engine.journal.cancel(one.call, error)
            hands.close()
            raise
        if ended(one, ending):
            hands.close()
        return answer(ending, request, library)

    def close(self) -> None:
        """Wake every call that waits, and close the connections."""
        self._sleeper.close()
        if self._inner is not None:
            self._inner.close()

    def _own(self, library: Library) -> httpx2.BaseTransport:
        with self._lock:
            if self._inner is None:
                self._inner = library.HTTPTransport()
                bound(self._inner)
            return self._inner


class AsyncHealingTransport(httpx2.AsyncBaseTransport):
    """Heals every call that an asyncio client sends through it; see HealingTransport."""

    def __init__(  # noqa: PLR0913 -- keyword-only, as in the library's own transports
        self,
        inner: httpx2.AsyncBaseTransport | None = None,
        *,
        policy: str | PathLike[str] | Policy | Rules | None = None,
        queue: Store | None = None,
        planner: str | Planner | None = None,
        on_event: OnEvent | None = None,
        surroundings: Surroundings | None = None,
        engine: Engine | None = None,
    ) -> None:
        self.engine = engine or Engine(policy, queue, planner, on_event, surroundings)
        self._inner, self._lock = inner, threading.Lock()
        bound(inner)
        self._sleeper = asynchronous.AsyncSleeper()
        self._wait = self.engine.around.wait_async or self._sleeper.wait

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send a request, and heal what goes wrong; raises as HealingTransport does."""
        library, engine = library_of(request), self.engine
        kept = None
        if not isinstance(request.stream, library.ByteStream):
            kept = await aupload(request, library, engine.body_bytes)
        one = OneCall(engine, library, request, kept)
        hands = AsyncHands(one, self._inner or self._own(library))
        spot = one.glance()
        first = await (hands.first() if spot is None else hands.glanced(spot))
        if not isinstance(first, tuple):
            return first
        attempt, trouble = first
        if isinstance(trouble, Reply) and trouble.diagnosis is None:
            return given(one, attempt, trouble)
        try:
            loop = episode(attempt, trouble, engine.kit)
            ending = await asynchronous.drive(loop, hands, self._wait)
        except BaseException as error:
            engine.journal.cancel(one.call, error)
            await hands.close()
            raise
        if ended(one, ending):
            await hands.close()
        if hands.interrupted is not None:
            raise hands.interrupted
        return answer(ending, request, library)

    async def aclose(self) -> None:
        """Wake every call that waits, and close the connections."""
        self._sleeper.close()
        if self._inner is not None:
            await self._inner.aclose()

    def _own(self, library: Library) -> httpx2.AsyncBaseTransport:
        with self._lock:
            if self._inner is None:
                self._inner = library.AsyncHTTPTransport()
                bound(self._inner)
            return self._inner


def given(one: OneCall, attempt: Attempt, reply: Reply) -> httpx2.Response:
    """The reply of one clean send, as it came."""
    response: httpx2.Response = reply.handle
    one.original.extensions[ENDED] = response.extensions[EXTENSION] = clean(attempt, reply)
    one.engine.fallbacks.remember(one.call, reply)
    one.engine.journal.count_clean()
    return response


def ended(one: OneCall, ending: Ending) -> bool:
    """Note how an episode ended; returns whether the newest reply is not what the caller gets."""
    trouble, outcome = ending.trouble, ending.outcome
    one.engine.journal.record(one.call, outcome)
    if not isinstance(trouble, Reply) or outcome.kind is OutcomeKind.QUEUED:
        return True
    if (
        outcome.kind is OutcomeKind.DELIVERED
        and ending.body is None
        and outcome.verified is not False
    ):
        one.engine.fallbacks.remember(one.call, trouble)
    return trouble.handle is not one.last
