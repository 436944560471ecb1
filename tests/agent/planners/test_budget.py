"""What may be spent, in minutes and days of a clock that a test moves."""

from battle_healer.planners.budget import Budget, per_day, per_minute

NOON = 1_772_366_400.0  # 1 March 2026, 12:00 UTC


class Rig:
    def __init__(self) -> None:
        self.now = NOON
        limits = [per_minute("calls", 2), per_day("calls", 5), per_day("tokens", 10_000)]
        self.budget = Budget(limits, 1.0, lambda: self.now)

    def take(self, tokens: int = 100) -> str | None:
        miss = self.budget.take(tokens)
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
    assert rig.budget.spent == "2 of 5 calls, 9500 of 10000 tokens"


def test_money_is_counted_by_the_price_of_tokens() -> None:
    budget = Budget([per_day("usd", 0.01)], 1.0, lambda: NOON)
    assert budget.take(9_000) is None
    miss = budget.take(2_000)
    assert miss is not None
    assert miss.why == "the budget of 0.01 usd a day is spent"


def test_a_limit_of_nothing_allows_nothing() -> None:
    assert Budget([per_day("calls", 0)], 1.0, lambda: NOON).take(1) is not None
