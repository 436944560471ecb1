"""What may be spent, in minutes and days of a clock that a test moves."""

from battle_healer.planners.budget import Budget, allowed
from battle_healer.rules import PlannerBudget

NOON = 1_772_366_400.0  # 1 March 2026, 12:00 UTC


class Rig:
    def __init__(self) -> None:
        self.now = NOON
        self.most = PlannerBudget(calls_per_minute=2, calls_per_day=5, tokens_per_day=10_000)
        self.told: list[str] = []
        self.budget = Budget(1.0, lambda: self.now, self.told.append)

    def take(self, tokens: int = 100) -> str | None:
        miss = self.budget.take(tokens, self.most)
        return miss.why if miss is not None else None


def test_a_minute_has_its_limit_and_the_next_one_a_new() -> None:
    rig = Rig()
    assert [rig.take(), rig.take()] == [None, None]
    assert rig.take() == "the budget of 2 calls a minute is spent"
    rig.now += 60
    assert rig.take() is None


def test_a_day_has_its_limit_and_midnight_ends_it() -> None:
    rig = Rig()
    for _ in range(5):
        assert rig.take() is None
        rig.now += 60
    assert rig.take() == "the budget of 5 calls a day is spent"
    rig.now = NOON + 12 * 3600 - 1
    assert rig.take() is not None
    rig.now += 2
    assert rig.take() is None


def test_what_would_go_over_is_not_spent_at_all() -> None:
    rig = Rig()
    assert rig.take(9_000) is None
    assert rig.take(2_000) == "the budget of 10000 tokens a day is spent"
    assert rig.take(1_000) is None


def test_the_tokens_really_used_take_the_place_of_the_guess() -> None:
    rig = Rig()
    assert rig.take(9_000) is None
    rig.budget.correct(9_000, 500)
    assert rig.take(9_000) is None
    assert rig.budget.spent(rig.most) == "2 of 5 calls, 9500 of 10000 tokens, 0.0095 of 1 usd"


def test_money_is_counted_by_the_price_of_tokens() -> None:
    budget, most = Budget(1.0, lambda: NOON), PlannerBudget(usd_per_day=0.01)
    assert budget.take(9_000, most) is None
    miss = budget.take(2_000, most)
    assert miss is not None
    assert miss.why == "the budget of 0.01 usd a day is spent"


def test_a_limit_of_nothing_allows_nothing() -> None:
    assert Budget(1.0, lambda: NOON).take(1, PlannerBudget(calls_per_day=0)) is not None


def test_a_spent_budget_is_told_once_in_its_window() -> None:
    rig = Rig()
    for _ in range(5):
        rig.take()
    assert rig.told == ["the budget of 2 calls a minute is spent"]
    rig.now += 60
    for _ in range(5):
        rig.take()
    assert rig.told == ["the budget of 2 calls a minute is spent"] * 2


def test_of_settings_and_policy_the_lower_holds_and_one_alone_may_raise_the_default() -> None:
    assert allowed() == PlannerBudget()
    assert allowed({"calls_per_minute": 100}).calls_per_minute == 100
    assert allowed({}, {"usd_per_day": 5.0}).usd_per_day == 5.0
    assert allowed({"calls_per_day": 10}, {"calls_per_day": 3}).calls_per_day == 3
    assert allowed({"calls_per_day": 2}, {"calls_per_day": 3}).calls_per_day == 2
