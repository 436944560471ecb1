"""Whatever happens in whatever order, the breaker lets one probe through and no debt grows."""

from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from tests.support.sizes import PROPERTY_EXAMPLES

from battle_healer.gates.breaker import Breaker, State
from battle_healer.gates.retry_budget import RetryBudget
from battle_healer.model import Kind
from battle_healer.rules import GateBounds

_SLACK = 1e-6


class BreakerMachine(RuleBasedStateMachine):
    """Calls come and go; what the server sees while the breaker is not closed is counted."""

    @initialize(attempts=st.integers(1, 6), percent=st.floats(1, 100))
    def begin(self, attempts: int, percent: float) -> None:
        bounds = GateBounds(breaker_attempts=attempts, breaker_failed_percent=percent)
        self.it, self.now, self.named = Breaker(bounds), 0.0, 0.0
        self.opened_at: float | None = None
        self.in_flight: list[str] = []
        self.probes: set[str] = set()
        self.born = 0

    @rule(seconds=st.floats(0, 12))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds

    @rule()
    def somebody_asks(self) -> None:
        before = self.it.state
        refused = self.it.refusal(self.now)
        assert self.it.state is before, "a question changes nothing"
        if refused is not None:
            assert refused.wait_s > 0
            return
        assert self.now >= self.named, "I3: before the server's own time"
        if before is not State.CLOSED:
            assert not self.probes, "a second probe"
            if before is State.OPEN and self.opened_at is not None:
                assert self.now - self.opened_at >= 5.0 - _SLACK
        self.born += 1
        name = f"call-{self.born}"
        self.it.enter(name)
        self.in_flight.append(name)
        if before is not State.CLOSED:
            self.probes = {name}

    @precondition(lambda self: self.in_flight)
    @rule(data=st.data(), failed=st.sampled_from([True, True, False, None]))
    def somebody_ends(self, data: st.DataObject, failed: bool | None) -> None:
        name = self.in_flight.pop(data.draw(st.integers(0, len(self.in_flight) - 1)))
        before = self.it.state
        self.it.settle(name, self.now, failed=failed)
        after: State = self.it.state
        is_probe = name in self.probes
        self.probes.discard(name)
        if before is State.OPEN:
            assert after is State.OPEN, "who was sent before proves nothing"
        if before is State.HALF_OPEN:
            became = {True: State.OPEN, False: State.CLOSED, None: State.HALF_OPEN}[failed]
            assert after is (became if is_probe else before)
        if before is not State.OPEN and after is State.OPEN:
            assert failed, "only a failure opens it"
            self.opened_at = self.now

    @rule(seconds=st.floats(0.1, 30))
    def the_server_names_a_time(self, seconds: float) -> None:
        self.it.told(self.now + seconds)
        self.named = max(self.named, self.now + seconds)
        self.opened_at = None

    @invariant()
    def nobody_waits_for_ever(self) -> None:
        if not self.probes:
            refused = self.it.refusal(self.now)
            assert refused is None or self.it.refusal(self.now + refused.wait_s + _SLACK) is None


class BudgetMachine(RuleBasedStateMachine):
    """What goes out never exceeds what was there, was earned, and what time gave."""

    @initialize(rows=st.fixed_dictionaries({
        "retry_tokens": st.integers(14, 200), "retry_per_failure": st.integers(1, 14),
        "retry_per_throttle": st.integers(1, 14), "retry_per_success": st.integers(0, 5),
        "retry_refill_per_s": st.floats(0.5, 50),
    }))  # fmt: skip
    def begin(self, rows: dict[str, Any]) -> None:
        self.bounds, self.now = GateBounds(**rows), 0.0
        self.it = RetryBudget(self.bounds, 0.0)
        self.spent = self.earned = 0.0
        self.due = 0.0  # of the newest turn; they are given in order

    @rule(seconds=st.floats(0, 20))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds

    @rule()
    def a_clean_answer(self) -> None:
        self.it.earn()
        self.earned += self.bounds.retry_per_success

    @rule(kind=st.sampled_from([Kind.TIMEOUT, Kind.RATE_LIMITED]), left_s=st.floats(0, 30))
    def a_resend(self, kind: Kind, left_s: float) -> None:
        refused = self.it.pay(kind, self.now, left_s)
        if refused is None:
            self.spent += self.it.cost(kind)
            self.due = max(self.due, self.now)
        elif refused.paid:
            assert 0 < refused.wait_s < left_s, "a turn that comes too late"
            assert refused.wait_s <= self.most_wait_s + _SLACK, "the line is too long"
            self.spent += self.it.cost(kind)
            self.due = max(self.due, self.now + refused.wait_s)

    @rule(kind=st.sampled_from([None, Kind.INVALID_REQUEST, Kind.QUOTA_EXHAUSTED]))
    def no_repetition(self, kind: Kind | None) -> None:
        assert self.it.pay(kind, self.now, 0.0) is None

    @property
    def most_wait_s(self) -> float:
        return self.bounds.retry_tokens / self.bounds.retry_refill_per_s

    @invariant()
    def it_is_never_overdrawn(self) -> None:
        there = self.bounds.retry_tokens + self.earned + self.due * self.bounds.retry_refill_per_s
        assert self.spent <= there + 1e-3


MANY = settings(max_examples=PROPERTY_EXAMPLES.now, stateful_step_count=25, deadline=None)
TestBreaker = pytest.mark.soak(BreakerMachine.TestCase)
TestBreaker.settings = MANY
TestBudget = pytest.mark.soak(BudgetMachine.TestCase)
TestBudget.settings = MANY
