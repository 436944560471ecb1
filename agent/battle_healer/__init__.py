"""API calls that survive: a healing client for httpx2, and what it tells of each call."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from battle_healer.errors import CallQueued
from battle_healer.model import Outcome
from battle_healer.secret import Secret

if TYPE_CHECKING:
    from battle_healer.clients.client import AsyncHealingClient, HealingClient
    from battle_healer.clients.decorator import heal_api_call
    from battle_healer.clients.outcomes import outcome_of
    from battle_healer.clients.transport import AsyncHealingTransport, HealingTransport
    from battle_healer.policy import Policy

__all__ = [
    "AsyncHealingClient",
    "AsyncHealingTransport",
    "CallQueued",
    "HealingClient",
    "HealingTransport",
    "Outcome",
    "Policy",
    "Secret",
    "heal_api_call",
    "outcome_of",
]

# Opened when first asked for, so that `import battle_healer` brings in no HTTP library.
_LATER: Final = {
    "AsyncHealingClient": "battle_healer.clients.client",
    "AsyncHealingTransport": "battle_healer.clients.transport",
    "HealingClient": "battle_healer.clients.client",
    "HealingTransport": "battle_healer.clients.transport",
    "Policy": "battle_healer.policy",
    "heal_api_call": "battle_healer.clients.decorator",
    "outcome_of": "battle_healer.clients.outcomes",
}


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_LATER[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
