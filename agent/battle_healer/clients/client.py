"""httpx2 clients that heal: the same constructor, the same methods, and destinations by name."""

from __future__ import annotations

import re
from collections.abc import Callable
from os import PathLike
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final

import httpx2

from battle_healer.clients.bounded import bound
from battle_healer.clients.engine import Engine
from battle_healer.clients.intake import SCHEME, STREAMED
from battle_healer.clients.surroundings import Surroundings
from battle_healer.clients.transport import AsyncHealingTransport, HealingTransport
from battle_healer.journal import OnEvent
from battle_healer.planners.planner import Planner
from battle_healer.rules import Rules
from battle_healer.stores import Store

if TYPE_CHECKING:
    from battle_healer.policy import Policy

_BY_NAME: Final = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]*):(/(?!/).*|)")
_USUAL: Final = ("https://", "http://", "/")
_SCHEMES: Final = frozenset({"http", "https", "ws", "wss", SCHEME})


class HealingClient(httpx2.Client):
    """An httpx2 client whose calls are healed; takes everything that `httpx2.Client` takes.

    policy: a file's path, a Policy, or None for what holds without one. queue: where calls are
    parked. planner: by name. on_event: told every step. `payments:/charges` is the path
    `/charges` of the declared destination `payments`.
    """

    def __init__(
        self,
        *,
        policy: str | PathLike[str] | Policy | Rules | None = None,
        queue: Store | None = None,
        planner: str | Planner | None = None,
        on_event: OnEvent | None = None,
        surroundings: Surroundings | None = None,
        **options: Any,
    ) -> None:
        self._engine = Engine(policy, queue, planner, on_event, surroundings)
        super().__init__(**options)
        routes = _Routes(super()._transport_for_url)
        self._healing = HealingTransport(routes, engine=self._engine)

    @property
    def healing(self) -> Engine:
        """The engine: its journal of episodes, its rules."""
        return self._engine

    def build_request(self, method: str, url: httpx2.URL | str, **options: Any) -> httpx2.Request:
        """Build a request as httpx2 does; `name:/path` is resolved against the policy."""
        return super().build_request(method, addressed(url, self._engine), **options)

    def send(
        self, request: httpx2.Request, *, stream: bool = False, **options: Any
    ) -> httpx2.Response:
        """Send a request as httpx2 does."""
        if stream or STREAMED in request.extensions:
            mark_streamed(request, stream)
        return super().send(request, stream=stream, **options)

    def close(self) -> None:
        """Wake every call that waits, and close the connections."""
        self._healing.close()
        super().close()

    def __exit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc_value: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        self._healing.close()
        super().__exit__(exc_type, exc_value, traceback)

    def _transport_for_url(self, url: httpx2.URL) -> httpx2.BaseTransport:
        # Proxies and mounts are chosen below, for each attempt: a fail-over has another address.
        return self._healing


class AsyncHealingClient(httpx2.AsyncClient):
    """An asyncio httpx2 client whose calls are healed; see HealingClient."""

    def __init__(
        self,
        *,
        policy: str | PathLike[str] | Policy | Rules | None = None,
        queue: Store | None = None,
        planner: str | Planner | None = None,
        on_event: OnEvent | None = None,
        surroundings: Surroundings | None = None,
        **options: Any,
    ) -> None:
        self._engine = Engine(policy, queue, planner, on_event, surroundings)
        super().__init__(**options)
        routes = _AsyncRoutes(super()._transport_for_url)
        self._healing = AsyncHealingTransport(routes, engine=self._engine)

    @property
    def healing(self) -> Engine:
        """The engine: its journal of episodes, its rules."""
        return self._engine

    def build_request(self, method: str, url: httpx2.URL | str, **options: Any) -> httpx2.Request:
        """Build a request as httpx2 does; `name:/path` is resolved against the policy."""
        return super().build_request(method, addressed(url, self._engine), **options)

    async def send(
        self, request: httpx2.Request, *, stream: bool = False, **options: Any
    ) -> httpx2.Response:
        """Send a request as httpx2 does."""
        if stream or STREAMED in request.extensions:
            mark_streamed(request, stream)
        return await super().send(request, stream=stream, **options)

    async def aclose(self) -> None:
        """Wake every call that waits, and close the connections."""
        await self._healing.aclose()
        await super().aclose()

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc_value: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        await self._healing.aclose()
        await super().__aexit__(exc_type, exc_value, traceback)

    def _transport_for_url(self, url: httpx2.URL) -> httpx2.AsyncBaseTransport:
        return self._healing


class _Routes(httpx2.BaseTransport):
    """Sends each request by the transport that the client has for its address.

    It closes nothing: those belong to the client.
    """

    def __init__(self, choose: Callable[[httpx2.URL], httpx2.BaseTransport]) -> None:
        self._choose = choose

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        chosen = self._choose(request.url)
        bound(chosen)
        return chosen.handle_request(request)


class _AsyncRoutes(httpx2.AsyncBaseTransport):
    """Sends each request by the transport that the client has for its address."""

    def __init__(self, choose: Callable[[httpx2.URL], httpx2.AsyncBaseTransport]) -> None:
        self._choose = choose

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        chosen = self._choose(request.url)
        bound(chosen)
        return await chosen.handle_async_request(request)


def addressed(url: httpx2.URL | str, engine: Engine) -> httpx2.URL | str:
    """Rewrite `name:/path` before the library merges addresses; it would lose the name.

    Raises UsageError for a name that the policy does not declare.
    """
    if not isinstance(url, str) or url.startswith(_USUAL):
        return url
    named = _BY_NAME.fullmatch(url)
    if named is None or named[1].lower() in _SCHEMES:
        return url
    engine.intake.named(named[1])
    return f"{SCHEME}://{named[1]}{named[2]}"


def mark_streamed(request: httpx2.Request, stream: bool) -> None:
    """Note on the request whether its caller wants a stream; a request may be sent again."""
    if stream:
        request.extensions[STREAMED] = True
    else:
        del request.extensions[STREAMED]
