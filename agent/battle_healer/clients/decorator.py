"""`heal_api_call`: the healing of any function that calls an API, whatever library it uses."""

from __future__ import annotations

import functools
import inspect
import re
import threading
from collections.abc import Callable
from os import PathLike
from typing import TYPE_CHECKING, Any, Final, ParamSpec, Protocol, TypeVar, cast

from battle_healer.clients.answers import queued
from battle_healer.clients.backend import backend_url
from battle_healer.clients.engine import Engine
from battle_healer.clients.function_call import FunctionCall, Terms
from battle_healer.clients.function_hands import AsyncFunctionHands, FunctionHands
from battle_healer.drivers import asynchronous, blocking
from battle_healer.episode import episode
from battle_healer.errors import UsageError
from battle_healer.model import Outcome, OutcomeKind
from battle_healer.rules import Bounds, Rules
from battle_healer.stores import Store
from battle_healer.text import safe

if TYPE_CHECKING:
    import httpx2

    from battle_healer.policy import Policy

P = ParamSpec("P")
R = TypeVar("R")

_WHERE: Final = "heal_api_call"
_ENDPOINT: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}(\.[A-Za-z0-9._-]{1,64})?")
_MOST_ATTEMPTS: Final = int(Bounds.__dataclass_fields__["resends"].metadata["most"])


class Healing(Protocol):
    """What `heal_api_call` returns: takes a function, and returns one of the same signature."""

    def __call__(self, function: Callable[P, R], /) -> Callable[P, R]:
        """Return the function, healed."""
        ...


def heal_api_call(  # noqa: PLR0913 -- keyword-only; most are left out
    *,
    endpoint: str,
    retry_attempts: int = 1,
    idempotent: bool = False,
    park: Callable[..., httpx2.Request | None] | None = None,
    policy: str | PathLike[str] | Policy | Rules | None = None,
    queue: Store | None = None,
    engine: Engine | None = None,
) -> Healing:
    """Heal the calls of a function, sync or async, that sends *one* request by any library.

    What it raises is read like an answer: exceptions of httpx2, httpx, requests, urllib, and of
    SDKs built on them. It is called again, after the server's own time, only if that is safe:
    the request that its exception names is one that may be repeated, or cannot have been
    processed. A function that makes several requests has to say `idempotent=True`, or
    `retry_attempts=0`: of the others nobody here knows. A key counts only if it came as one of
    the arguments: a function that makes its own sends another one the next time.

    endpoint: its name, `openai.chat`, by which breaker, pacer and retry budget are shared.
    retry_attempts: calls after the first, 0 to 10. idempotent: calling it twice does no harm.
    park: gives the request to park for the function's arguments, where exceptions name none.
    policy, queue: as for a client. engine: shared with a client (`client.healing`), instead.

    Returns what the function returns. Raises the function's own exception in the end, CallQueued
    (from it) where the call was parked, NotCalledError where the endpoint is known to be down;
    `outcome_of` takes all three. UsageError, at once, for a generator: what was yielded cannot be
    taken back; PolicyError at the first call.
    """
    if not _ENDPOINT.fullmatch(endpoint):
        what = f"{safe(repr(endpoint))} names no endpoint"
        raise UsageError(what, _WHERE, 'Write endpoint="openai.chat".')
    if isinstance(retry_attempts, bool) or not 0 <= retry_attempts <= _MOST_ATTEMPTS:
        what = f"retry_attempts={safe(repr(retry_attempts))}"
        raise UsageError(what, _WHERE, f"Use 0 to {_MOST_ATTEMPTS}.")
    destination, _, rest = endpoint.partition(".")
    terms = Terms(destination, rest, retry_attempts, idempotent, park, backend_url)
    given = functools.cache(lambda: engine or _shared(policy, queue))

    def heal(function: Callable[P, R], /) -> Callable[P, R]:
        put: object = function
        if not callable(put):
            what = f"a {type(put).__name__} cannot be called yet"
            raise UsageError(what, _WHERE, "Write @classmethod above it, not below.")
        if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
            raise UsageError(
                f"{safe(function.__qualname__)} is a generator",
                _WHERE,
                "What it has yielded cannot be taken back; decorate the function that makes the "
                "request.",
            )
        if inspect.iscoroutinefunction(function):
            return cast("Callable[P, R]", _awaited(function, terms, given))
        return _blocking(function, terms, given)

    return heal


def _blocking(
    function: Callable[P, R], terms: Terms, given: Callable[[], Engine]
) -> Callable[P, R]:
    sleeper = blocking.Sleeper()

    @functools.wraps(function)
    def healed(*arguments: P.args, **keywords: P.kwargs) -> R:
        engine = given()
        one = FunctionCall(engine, terms, (arguments, keywords))
        hands = FunctionHands(one, functools.partial(function, *arguments, **keywords))
        attempt, trouble = hands.first()
        if one.has_returned:
            return cast("R", one.at_once())
        try:
            loop = episode(attempt, trouble, one.kit)
            ending = blocking.drive(loop, hands, engine.around.wait or sleeper.wait)
        except BaseException as error:
            engine.journal.cancel(one.call, error)
            raise
        return cast("R", _result(one, one.ended(ending)))

    return healed


def _awaited(
    function: Callable[..., Any], terms: Terms, given: Callable[[], Engine]
) -> Callable[..., Any]:
    sleeper = asynchronous.AsyncSleeper()

    @functools.wraps(function)
    async def healed(*arguments: Any, **keywords: Any) -> Any:
        engine = given()
        one = FunctionCall(engine, terms, (arguments, keywords))
        hands = AsyncFunctionHands(one, functools.partial(function, *arguments, **keywords))
        attempt, trouble = await hands.first()
        if one.has_returned:
            return one.at_once()
        try:
            loop = episode(attempt, trouble, one.kit)
            wait = engine.around.wait_async or sleeper.wait
            ending = await asynchronous.drive(loop, hands, wait)
        except BaseException as error:
            engine.journal.cancel(one.call, error)
            raise
        outcome = one.ended(ending)
        if hands.interrupted is not None:
            raise hands.interrupted
        return _result(one, outcome)

    return healed


def _result(one: FunctionCall, outcome: Outcome) -> Any:
    """What the function returned; where it did not, its exception or CallQueued is raised."""
    if outcome.kind is OutcomeKind.DELIVERED:
        return one.value
    if outcome.kind is OutcomeKind.QUEUED:
        raise queued(outcome) from one.error
    raise one.failure(outcome)


_engines: Final[dict[object, tuple[object, Engine]]] = {}
_lock: Final = threading.Lock()


def _shared(policy: Any, queue: Store | None) -> Engine:
    """One engine for all functions of a policy and a queue, so that they share their gates."""
    key = (str(policy) if isinstance(policy, (str, PathLike)) else id(policy), id(queue))
    with _lock:
        if key not in _engines:
            # Both are kept beside it, so that nothing else can get their ids.
            _engines[key] = ((policy, queue), Engine(policy, queue))
        return _engines[key][1]
