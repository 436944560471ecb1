"""The type of a row of the actions table."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from battle_healer.model import Kind, Plan
from battle_healer.story import Means, Story

PASSING = frozenset(
    {
        Kind.CONNECT_FAILED,
        Kind.TIMEOUT,
        Kind.CONNECTION_LOST,
        Kind.UNAVAILABLE,
        Kind.SERVER_ERROR,
        Kind.RATE_LIMITED,
        Kind.QUOTA_EXHAUSTED,
        Kind.PAYMENT_REQUIRED,
        Kind.CREDENTIAL_EXPIRED,
        Kind.CREDENTIAL_INVALID,
        Kind.IN_PROGRESS,
        Kind.MALFORMED_REPLY,
        Kind.REFUSED,
    }
)
"""Troubles that may be over later. A refusal of the request itself is none of them."""


@dataclass(frozen=True, slots=True)
class Action:
    """One way to go on. `name` completes "the agent chose ...".

    does: one line for people. when: under what facts a plan exists.
    plans: gives complete candidates; whether they are *safe* is the guardrails' question.
    """

    name: str
    does: str
    when: str
    plans: Callable[[Story, Means], Iterator[Plan]]
    known_as: tuple[str, ...] = ()
