"""Keyed chance: the published vector, fairness, and independence of who else draws."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from battle_healer_mock.chance import Chance, text_digest


def test_the_published_vector_holds() -> None:
    call = "corr-3f2b9c1e-77aa-4c0e-9a57-000000000123"
    drawn = Chance("42").draw("payments-storm", call, 3, "flaky")
    assert drawn == pytest.approx(0.334274533570, abs=1e-12)


@given(st.text(), st.text(), st.integers(1, 10**6), st.text())
def test_a_draw_is_in_the_unit_interval_and_repeats(
    scenario: str, call: str, ordinal: int, site: str
) -> None:
    try:
        first = Chance("s").draw(scenario, call, ordinal, site)
    except UnicodeEncodeError:
        return  # lone surrogates cannot arrive over HTTP
    assert 0 <= first < 1
    assert first == Chance("s").draw(scenario, call, ordinal, site)


def test_parts_are_told_apart_where_they_meet() -> None:
    chance = Chance("42")
    assert chance.draw("a", "bc", 1, "x") != chance.draw("ab", "c", 1, "x")


def test_draws_are_fair() -> None:
    chance = Chance("42")
    drawn = [chance.draw("", f"corr-{n}", 1, "flaky#0/fire") for n in range(5000)]
    assert sum(u < 0.3 for u in drawn) / 5000 == pytest.approx(0.3, abs=0.03)


def test_a_digest_hides_its_text_and_tells_texts_apart() -> None:
    assert text_digest("secret") != text_digest("secret2")
    assert "secret" not in text_digest("secret")
