"""Deliver one claim through the healing agent, and say what is to be recorded of it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from battle_healer.clients.replaying import REPLAY, Replay
from battle_healer.errors import HealerError
from battle_healer.model import Attempt, Kind, Outcome
from battle_healer.text import safe
from battle_healer_replay.entry import Claim, Payload, Reason
from battle_healer_replay.errors import RefusedError
from battle_healer_replay.failpoints import failpoint
from battle_healer_replay.queue import Queue
from battle_healer_replay.transitions import Event, Refusal
from battle_healer_replay.worker.rulings import backoff_s, ruling
from battle_healer_replay.worker.running import Running

if TYPE_CHECKING:
    from battle_healer import HealingClient
    from battle_healer.rules import QueueRule, Rules

Policies = Callable[[Payload], "Rules"]
"""The rules under which a payload is sent. Raises errors of ours where there are none."""

DOWN: Final = frozenset(
    {Kind.CONNECT_FAILED, Kind.TIMEOUT, Kind.UNAVAILABLE, Kind.RATE_LIMITED, Kind.REFUSED}
)
"""Troubles that are the destination's and not the entry's."""


class StoppedError(HealerError):
    """The claim must not be sent: cancelled, lost, or the worker ends. No byte has left."""


@dataclass(frozen=True, slots=True)
class Delivered:
    """What to record, and what was learnt of the destination: well, in trouble, or nothing.

    hold_s: for how long the destination itself wants nothing.
    """

    event: Event
    outcome: Outcome | None = None
    is_well: bool | None = None
    hold_s: float = 0.0


@dataclass(slots=True)
class Deliverer:
    """Sends claims. Thread-safe; one healing client for each set of rules.

    rule: how a queue is worked off. now: monotonic seconds. chance: uniform in [0, 1).
    """

    queue: Queue
    policies: Policies
    rule: Callable[[str], QueueRule]
    now: Callable[[], float]
    chance: Callable[[], float]
    connect: Callable[[Rules], HealingClient]
    _clients: dict[int, tuple[Rules, HealingClient]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def deliver(self, running: Running) -> Delivered:
        """Send one claim; never raises, so that no entry can stop a worker."""
        claim = running.claim
        try:
            outcome = self._outcome(running)
        except StoppedError as stop:
            # For an unsafe one too: whatever was sent before was certainly not processed, or the
            # agent would not have gone on to this send.
            name = "postpone" if running.begun else "release"
            return Delivered(_event(claim, name, detail=f"handed back: {stop.what}"))
        except RefusedError as error:
            return Delivered(self._failed(claim, str(error)))
        except Exception as error:
            what = f"{type(error).__name__}: {safe(str(error), 500)}"
            if running.begun:
                reason = Reason.AMBIGUOUS
                return Delivered(_event(claim, "bury", reason=reason, detail=what))
            return Delivered(self._failed(claim, what))
        return self._ruled(claim, outcome)

    def close(self) -> None:
        """Close every client."""
        with self._lock:
            for _, client in self._clients.values():
                client.close()
            self._clients.clear()

    def _outcome(self, running: Running) -> Outcome:
        import httpx2  # noqa: PLC0415 -- only a worker sends

        from battle_healer.clients.outcomes import outcome_of  # noqa: PLC0415 -- as above

        entry, payload = running.claim.entry, running.claim.payload
        client = self._client(running.claim)
        request = client.build_request(
            payload.method,
            payload.url,
            content=payload.body,
            headers=[*payload.headers],
            extensions={
                "healer": {"deadline_s": running.lease_s / 2},
                REPLAY: Replay(
                    entry.call_id,
                    entry.correlation_id,
                    entry.tenant,
                    lambda attempt: self._before_send(running, attempt),
                ),
            },
        )
        try:
            reply = client.send(request)
        except httpx2.HTTPError as error:
            return outcome_of(error)
        failpoint("after_answer")
        return outcome_of(reply)

    def _before_send(self, running: Running, attempt: Attempt) -> None:
        """I8: before the first byte of an unsafe request it is committed that it may leave."""
        claim = running.claim
        why = running.may_send(self.now())
        if why is None and not claim.entry.safe:
            answer = self.queue.record(_event(claim, "begin", region=attempt.region.name))
            if isinstance(answer, Refusal):
                why = answer.why
            else:
                running.begun = True
        if why is not None:
            raise StoppedError(why, claim.entry.id, "Nothing was sent; another worker may do it.")
        failpoint("before_send")

    def _client(self, claim: Claim) -> HealingClient:
        rules = self.policies(claim.payload)
        destination, _, _ = rules.place(claim.payload.url)
        if not destination.declared or destination.name != claim.entry.destination:
            raise RefusedError(
                f"{claim.entry.destination} is not declared there, or lies elsewhere",
                rules.source,
                "Start the worker with the policy that the call was parked under.",
            )
        with self._lock:
            known = self._clients.get(id(rules))
            if known is None:
                known = self._clients[id(rules)] = rules, self.connect(rules)
            return known[1]

    def _backoff_s(self, claim: Claim) -> float:
        rule = self.rule(claim.entry.queue)
        return backoff_s(claim.entry.failures, self.chance(), rule)

    def _failed(self, claim: Claim, detail: str) -> Event:
        wait_s = self._backoff_s(claim)
        return _event(claim, "fail", wait_s=wait_s, detail=detail)

    def _ruled(self, claim: Claim, outcome: Outcome) -> Delivered:
        row = ruling(outcome, claim.entry)
        wait_s = outcome.not_yet_s or 0.0
        if row.event == "fail":
            wait_s = self._backoff_s(claim)
        event = _event(
            claim,
            row.event,
            wait_s=wait_s,
            reason=row.reason,
            status=outcome.status,
            episode=outcome.episode,
            region=outcome.region,
            detail=safe(outcome.reason, 2000),
        )
        is_well = _is_well(outcome)
        return Delivered(event, outcome, is_well, 0.0 if is_well else outcome.not_yet_s or 0.0)


def _is_well(outcome: Outcome) -> bool:
    """Whether the destination works, whatever it thinks of this request."""
    return outcome.not_yet_s is None or not outcome.steps or outcome.steps[-1].kind not in DOWN


def _event(claim: Claim, name: str, **more: object) -> Event:
    given: dict[str, object] = {"fence": claim.entry.fence} | more
    return Event(name, claim.entry.id, **given)  # type: ignore[arg-type] # each name is a field
