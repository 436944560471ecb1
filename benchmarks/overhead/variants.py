"""One GET with a small JSON answer, by each way to make it resilient; all with default settings.

Functions that retry by exception see a status error only through `raise_for_status`, so that is
part of their cost. httpx-retries has a transport for httpx only, so it stands beside that.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any, Final

import httpx2

from battle_healer import AsyncHealingClient, HealingClient

URL: Final = "https://api.example/v1/thing"
BARE: Final = "httpx2"
OURS: Final = "battle-healer"
BASES: Final = {"httpx-retries": "httpx"}
"""What a variant is compared with, if not the bare httpx2."""
PACKAGES: Final = ("httpx", "httpx-retries", "stamina", "tenacity", "pybreaker", "pyresilience")
Call = Callable[[], Any]
"""One call; awaitable in the async variants."""


def sync_variants(installed: frozenset[str]) -> dict[str, Call]:
    """Name → one call. installed: of PACKAGES, those that are there."""
    bare = httpx2.Client(transport=_mocked(httpx2))
    ours = HealingClient(transport=_mocked(httpx2))

    def get() -> object:
        return bare.get(URL)

    def checked() -> object:
        return bare.get(URL).raise_for_status()

    fixed = {BARE: lambda: bare.get(URL), OURS: lambda: ours.get(URL)}
    return fixed | _clients("Client", installed) | _wrapped(get, checked, installed)


def async_variants(installed: frozenset[str]) -> dict[str, Call]:
    """Name → one awaitable call. pybreaker's async form needs tornado and is left out."""
    bare = httpx2.AsyncClient(transport=_mocked(httpx2))
    ours = AsyncHealingClient(transport=_mocked(httpx2))

    async def get() -> object:
        return await bare.get(URL)

    async def checked() -> object:
        return (await bare.get(URL)).raise_for_status()

    fixed = {BARE: lambda: bare.get(URL), OURS: lambda: ours.get(URL)}
    functions = _wrapped(get, checked, installed - {"pybreaker"})
    return fixed | _clients("AsyncClient", installed) | functions


def _mocked(http: Any) -> Any:
    return http.MockTransport(lambda _: http.Response(200, json={"id": "o1", "amount": 15}))


def _clients(kind: str, installed: frozenset[str]) -> dict[str, Call]:
    """The peers that are clients: httpx, and its retrying transport."""
    if "httpx" not in installed:
        return {}
    httpx: Any = import_module("httpx")
    bare = getattr(httpx, kind)(transport=_mocked(httpx))
    found: dict[str, Call] = {"httpx": lambda: bare.get(URL)}
    if "httpx-retries" in installed:
        transport = import_module("httpx_retries").RetryTransport(transport=_mocked(httpx))
        client = getattr(httpx, kind)(transport=transport)
        found["httpx-retries"] = lambda: client.get(URL)
    return found


def _wrapped(get: Call, checked: Call, installed: frozenset[str]) -> dict[str, Call]:
    """The peers that wrap a function."""
    wraps: dict[str, Callable[[], Call]] = {
        "stamina": lambda: _decorated(import_module("stamina").retry(on=httpx2.HTTPError), checked),
        "tenacity": lambda: _decorated(_tenacity(), checked),
        "pybreaker": lambda: _decorated(import_module("pybreaker").CircuitBreaker(), get),
        "pyresilience": lambda: _decorated(_pyresilience(), get),
    }
    return {name: wrap() for name, wrap in wraps.items() if name in installed}


def _decorated(decorator: Any, function: Call) -> Call:
    call: Call = decorator(function)
    return call


def _tenacity() -> Any:
    tenacity = import_module("tenacity")
    return tenacity.retry(
        retry=tenacity.retry_if_exception_type(httpx2.HTTPError),
        wait=tenacity.wait_random_exponential(multiplier=0.5, max=60),
        stop=tenacity.stop_after_attempt(5),
    )


def _pyresilience() -> Any:
    """Its policy for HTTP without the time-out, which would add a thread to each call."""
    pyresilience = import_module("pyresilience")
    policy = pyresilience.http_policy()
    policy.pop("timeout", None)
    return pyresilience.resilient(**policy)
