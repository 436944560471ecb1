"""What a client lives in: clock, waiting, chance. Tests and the demo bring their own."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from random import SystemRandom

from battle_healer.actions.action import Action
from battle_healer.actions.table import ACTIONS
from battle_healer.clock import Clock
from battle_healer.drivers.clock import SystemClock
from battle_healer.guardrails import GUARDRAILS, Guardrail
from battle_healer.journal.place import Kept, if_asked


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Everything that a call depends on beside the policy and the network.

    wait, wait_async: let that many seconds pass; None for real seconds, which `close` cuts short.
    chance: uniform in [0, 1), for jitter. bits: gives that many random bits, for ids.
    journal: says where on disk episodes are kept, by the rules.
    guardrails: emptied only to show what harm they prevent.
    """

    clock: Clock = field(default_factory=SystemClock)
    wait: Callable[[float], None] | None = None
    wait_async: Callable[[float], Awaitable[None]] | None = None
    chance: Callable[[], float] = field(default_factory=lambda: SystemRandom().random)
    bits: Callable[[int], int] = field(default_factory=lambda: SystemRandom().getrandbits)
    guardrails: tuple[Guardrail, ...] = GUARDRAILS
    actions: tuple[Action, ...] = ACTIONS
    journal: Kept = if_asked
