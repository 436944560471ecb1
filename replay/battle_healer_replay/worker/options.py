"""How a worker works: what is set for it, and what the policy says of each queue."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from battle_healer.rules import QueueRule
from battle_healer_replay.entry import RULE, State
from battle_healer_replay.worker.pace import Limit


@dataclass(frozen=True, slots=True)
class Options:
    """How a worker works. at_once: entries in hand. most_sleep_s: the longest without a look.

    name: stable over restarts, so that what it held when it was killed is taken back at once;
    None for this machine's name and the first free slot.
    queues: the rule of each queue, by name. lease_s, limit, kept_s: instead of what the rules say,
    for all queues; limits: for single destinations.
    """

    name: str | None = None
    at_once: int = 16
    lease_s: float | None = None
    most_sleep_s: float = 15.0
    limit: Limit | None = None
    limits: Mapping[str, Limit] = field(default_factory=dict)
    kept_s: Mapping[State, float] | None = None
    queues: Mapping[str, QueueRule] = field(default_factory=dict)

    def rule(self, queue: str) -> QueueRule:
        """How a queue is worked off."""
        rule = self.queues.get(queue, RULE)
        return rule if self.lease_s is None else replace(rule, lease_s=self.lease_s)

    def leases(self) -> dict[str, float]:
        """Seconds of a lease, by queue."""
        return {queue: self.rule(queue).lease_s for queue in self.queues}

    def shortest_lease_s(self) -> float:
        """Seconds of the shortest lease that there may be."""
        return min(
            [RULE.lease_s if self.lease_s is None else self.lease_s, *self.leases().values()]
        )

    def limit_at(self, destination: str) -> Limit:
        """What a destination gets, of whatever queue."""
        return self.limits.get(destination) or self.limit or Limit(1_000_000)

    def limit_in(self, queue: str, destination: str) -> Limit:
        """What a destination gets of one queue; no less than was set for it."""
        if self.limit is not None or destination in self.limits:
            return self.limit_at(destination)
        rule = self.rule(queue)
        return Limit(rule.concurrency, rule.rate_per_s)

    def keeps_s(self, queue: str) -> Mapping[State, float]:
        """For how long entries of a queue are kept that ended."""
        if self.kept_s is not None:
            return self.kept_s
        rule = self.rule(queue)
        return {
            State.SUCCEEDED: rule.keep_succeeded_s,
            State.CANCELLED: rule.keep_cancelled_s,
            State.DEAD: rule.keep_dead_s,
        }
