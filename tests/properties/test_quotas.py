"""Whatever happens in whatever order, no credential signs more in a day than it may, nor early."""

from collections import Counter
from datetime import datetime, timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from tests.support.building import WHEN, call, destination

from battle_healer.gates.pacer import Pacer
from battle_healer.gates.quotas import Quotas
from battle_healer.gates.signer import first_with_left
from battle_healer.model import Kind, Refused
from battle_healer.rules import CredentialRule, GateBounds
from battle_healer.secret import Secret
from battle_healer.windows import Window

NAMES = ("main", "spare")
_DAY_S = 86_400.0
_SLACK_S = 1e-3


class QuotaMachine(RuleBasedStateMachine):
    """Calls come and go over days; what the server may have seen is counted by UTC day."""

    @initialize(caps=st.tuples(*[st.none() | st.integers(1, 4)] * 2), percent=st.floats(1, 100))
    def begin(self, caps: tuple[int | None, int | None], percent: float) -> None:
        self.time = 0.0
        self.caps = dict(zip(NAMES, caps, strict=True))
        rules = tuple(CredentialRule(n, Secret(n), daily_calls=c) for n, c in self.caps.items())
        bounds = GateBounds(near_quota_percent=percent)
        self.here, self.pacer = destination(credentials=rules), Pacer(bounds)
        self.it = Quotas(rules, bounds, self)
        self.named = dict.fromkeys(NAMES, 0.0)
        self.saw: Counter[tuple[str, int]] = Counter()
        self.in_flight: list[tuple[str, str, int]] = []
        self.born = 0

    def now(self) -> float:
        return self.time

    def wall(self) -> datetime:
        return WHEN + timedelta(seconds=self.time)

    @property
    def today(self) -> int:
        return self.wall().toordinal()

    @rule(seconds=st.integers(0, 2 * 86_400))
    def time_passes(self, seconds: int) -> None:
        self.time += seconds

    @rule()
    def somebody_asks(self) -> None:
        self.it.forget(self.time)
        name = first_with_left(call(at=self.here), self.pacer, self.it, self.time)
        if isinstance(name, Refused):
            assert name.kind is Kind.QUOTA_EXHAUSTED
            assert 0 < name.wait_s <= _DAY_S
            return
        assert name is not None
        assert self.time >= self.named[name] - _SLACK_S, "I3: before the server's own time"
        self.born += 1
        self.it.take(f"call-{self.born}", name, self.time)
        self.saw[name, self.today] += 1
        self.in_flight.append((f"call-{self.born}", name, self.today))

    @precondition(lambda self: self.in_flight)
    @rule(data=st.data(), sent=st.booleans())
    def somebody_ends(self, data: st.DataObject, *, sent: bool) -> None:
        which = data.draw(st.integers(0, len(self.in_flight) - 1))
        one, name, day = self.in_flight.pop(which)
        self.it.settle(one, self.time, sent=sent)
        self.saw[name, day] -= not sent

    @rule(name=st.sampled_from(NAMES), left=st.integers(0, 20), resets_s=st.integers(3601, 80_000))
    def the_server_says_what_is_left(self, name: str, left: int, resets_s: int) -> None:
        told = Window("", left, 20, float(resets_s))
        self.it.hears(self.here.credential(name), [told], self.time)
        if left == 0:
            self.named[name] = max(self.named[name], self.time + resets_s)

    @invariant()
    def no_day_is_overdrawn(self) -> None:
        for (name, day), sent in self.saw.items():
            cap = self.caps[name]
            assert cap is None or sent <= cap, (name, day)

    @invariant()
    def what_is_spent_comes_back_in_its_time(self) -> None:
        for name in NAMES:
            refused = self.it.refusal(name, self.time)
            cap = self.caps[name]
            if refused is None:
                continue
            is_used = cap is not None and self.saw[name, self.today] >= cap
            assert is_used or self.time < self.named[name]


TestQuotas = QuotaMachine.TestCase
TestQuotas.settings = settings(max_examples=500, stateful_step_count=25, deadline=None)
