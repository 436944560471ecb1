"""What a client's calls share: rules, gates, tokens, cache, journal. No I/O, and it never waits.

The transports hold an engine and do what it says; both kinds may share one.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import replace
from http import HTTPStatus
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Final

from battle_healer.clients.bodies import Upload, in_memory
from battle_healer.clients.intake import Intake
from battle_healer.clients.surroundings import Surroundings
from battle_healer.commands import Abstain, Ask, Denied, Ranking
from battle_healer.credentials import Credentials
from battle_healer.diagnosis import diagnose, is_clean
from battle_healer.episode import Kit
from battle_healer.fallbacks import Fallbacks
from battle_healer.gates.admission import CLEAN, Gates
from battle_healer.ids import Ids
from battle_healer.journal import OnEvent, opened
from battle_healer.model import Attempt, Call, Entry, Lost, Parked, Reply, Trouble
from battle_healer.planners.planner import Planner
from battle_healer.planners.table import BY_NAME, find_planner
from battle_healer.rules import Rules
from battle_healer.stores import Store
from battle_healer.windows import Window, windows

if TYPE_CHECKING:
    import httpx2

    from battle_healer.policy import Policy

_log: Final = logging.getLogger("battle_healer")
_NO_RULES: Final = Rules()
_QUESTIONS: Final = 32  # that planners have not answered yet


class Engine:
    """The healing of one client, or of several that share it. Thread-safe.

    policy: a file's path, a Policy, its Rules, or None for what holds without one. queue: where
    calls are parked. planner: a name, or a planner itself; None for the policy's word.
    on_event: told every step. Raises PolicyError for a file that cannot be used, UsageError for
    an unknown planner.
    """

    def __init__(
        self,
        policy: str | PathLike[str] | Policy | Rules | None = None,
        queue: Store | None = None,
        planner: str | Planner | None = None,
        on_event: OnEvent | None = None,
        surroundings: Surroundings | None = None,
    ) -> None:
        self.rules = rules_of(policy)
        self.around = around = surroundings or Surroundings()
        self.clock, self.now = around.clock, around.clock.now
        bounds = self.rules.bounds
        self.deadline_s, self.body_bytes = bounds.deadline_s, bounds.body_bytes
        self.fitting: Mapping[str, float | None] | None = None
        """Time-outs that were last found to fit the deadline."""
        ids = Ids(self.clock.wall, around.bits)
        self.gates = Gates(
            self.clock,
            threading.Lock(),
            self.rules.gates,
            frozenset(row.invariant for row in around.guardrails),
        )
        self.credentials = Credentials(self.clock)
        self.fallbacks = Fallbacks(self.clock, self.rules.bounds.stale_ttl_s)
        self.journal = opened(around.journal, self.rules, self.clock, on_event)
        self.intake = Intake(self.rules, ids.new_id)
        self._queue = queue
        self._planners: dict[str, Planner | None] = {}
        self._planner(self.rules.planner)  # an unknown name is told now, not at the first failure
        self._questions = threading.BoundedSemaphore(_QUESTIONS)
        self.kit = Kit(
            clock=self.clock,
            chance=around.chance,
            new_id=ids.new_id,
            rules=self.rules,
            planner=None if planner is None else self._planner_name(planner),
            guardrails=around.guardrails,
            actions=around.actions,
            can_park=queue is not None,
            has_stale=self.fallbacks.has_stale,
            told=self.gates.told,
        )

    def call_of(
        self,
        began: float,
        correlation: str | None,
        request: httpx2.Request,
        upload: Upload | None = None,
    ) -> Call:
        """The call that a request wants done; see `Intake.call`. upload: None for bytes at hand."""
        return self.intake.call(request, upload or in_memory(request), began, correlation)

    def judged(self, attempt: Attempt, trouble: Trouble) -> Trouble:
        """What came of an attempt, read: a reply without a diagnosis is clean."""
        if isinstance(trouble, Reply) and not is_clean(attempt, trouble):
            return replace(trouble, diagnosis=diagnose(attempt, trouble, self.clock.wall()))
        return trouble

    def settle(self, attempt: Attempt, trouble: Trouble | None) -> None:
        """Let the gates learn from an attempt that they let in.

        trouble: what came of it, judged; None if it was cancelled or not sent.
        """
        if isinstance(trouble, Reply):
            found = trouble.diagnosis or CLEAN
            gone = trouble.status == HTTPStatus.GONE
            left = self._left(attempt, trouble)
            note = self.gates.settle(attempt, found, gone=gone, windows=left)
        elif isinstance(trouble, Lost):
            note = self.gates.settle(attempt, diagnose(attempt, trouble, self.clock.wall()))
        else:
            note = self.gates.settle(attempt, None)
        if note is not None:
            self.journal.note(attempt.call, note)

    def _left(self, attempt: Attempt, reply: Reply) -> tuple[Window, ...]:
        """What a clean answer says is left to the policy's credential that signed."""
        if reply.diagnosis is not None or attempt.grant is None or attempt.grant.name is None:
            return ()
        return windows(reply.headers, self.clock.wall())

    def rank(self, command: Ask) -> Future[Ranking | Abstain]:
        """Ask a planner in a thread of its own: one that hangs costs its budget, no more.

        One that hangs for ever keeps its thread, so there are only so many of them.
        """
        answer: Future[Ranking | Abstain] = Future()
        answer.set_running_or_notify_cancel()  # whoever stops waiting must not cancel it
        if not self._questions.acquire(blocking=False):
            answer.set_result(Abstain("unavailable"))
            return answer
        threading.Thread(
            target=self._rank, args=(command, answer), name="healer-planner", daemon=True
        ).start()
        return answer

    def park(self, entry: Entry) -> Parked | Denied:
        """Hand a call to the store; what it raises becomes a reason."""
        if self._queue is None:
            return Denied("no queue was given to this client")
        try:
            return self._queue.park(entry)
        except Exception as error:
            return Denied(f"the store did not take it: {type(error).__name__}")

    def _rank(self, command: Ask, answer: Future[Ranking | Abstain]) -> None:
        ranking: Ranking | Abstain = Abstain("error")
        try:
            with suppress(Exception):
                planner = self._planner(command.planner)
                ranking = (
                    Abstain("unavailable")
                    if planner is None
                    else planner.rank(command.menu, command.facts, command.budget_s)
                )
        finally:
            self._questions.release()
            answer.set_result(ranking)

    def _planner(self, name: str) -> Planner | None:
        if name not in self._planners:
            self._planners[name] = find_planner(name, self.rules.planner_budgets)
        return self._planners[name]

    def _planner_name(self, planner: str | Planner) -> str:
        if not isinstance(planner, str):
            self._planners[planner.name] = planner
            return planner.name
        if (row := BY_NAME.get(planner)) is not None and row.warns:
            _log.warning("planner %s is for tests: it is not meant to choose well", row.name)
        self._planner(planner)
        return planner


def rules_of(policy: str | PathLike[str] | Policy | Rules | None) -> Rules:
    """Return the rules of a policy in whatever form it was given.

    Nothing is looked for: a library that finds a file nobody named would surprise its user.
    """
    if policy is None:
        return _NO_RULES
    if isinstance(policy, Rules):
        return policy
    if isinstance(policy, (str, PathLike)):
        from battle_healer.policy import Policy  # noqa: PLC0415 -- brings in pydantic and YAML

        return Policy.load(Path(policy)).rules
    return policy.rules
