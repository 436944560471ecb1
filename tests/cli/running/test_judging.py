"""The judge: what differs, and what no run may do, each seen from one changed fact."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from battle_healer.model import Kind, Outcome, OutcomeKind, Parked, Step
from battle_healer_cli.running.judging import judge
from battle_healer_cli.running.report import Cell, Report, Seen
from battle_healer_scenarios.scenario import Scenario

STEP = Step("retry", "because", "heuristic", 0.0, Kind.SERVER_ERROR, "generic")
EXPECT = {
    "outcome": "delivered",
    "actions": ["retry"],
    "requests": 2,
    "refreshes": 0,
    "effects": 1,
    "effect": "once",
    "status": 200,
    "body": {"amount": 5},
}


def report(
    seen: Mapping[str, Any] | None = None,
    outcome: Mapping[str, Any] | None = None,
    effects: tuple[Mapping[str, Any], ...] | None = None,
    journal: tuple[Mapping[str, Any], ...] | None = None,
    **cell: Any,
) -> Report:
    """A run in which all is well, but for what is given."""
    scenario = Scenario.model_validate(
        {
            "name": "one",
            "title": "t",
            "about": "a",
            "calls": [{"id": "c"}],
            "expect": {"c": EXPECT},
            "effects": 1,
        }
    )
    ended: dict[str, Any] = {"kind": OutcomeKind.DELIVERED, "effect": "once", "reason": "r"}
    ended |= {"steps": (STEP,), "requests": 2} | dict(outcome or {})
    call: dict[str, Any] = {"id": "c", "outcome": Outcome(**ended), "status": 200}
    call |= {"sent": {"amount": 5}, "body": {"amount": 5}} | dict(seen or {})
    rows = (effect(),) if effects is None else effects
    exchanges = (exchange(t_in=0.0), exchange(t_in=1.0)) if journal is None else journal
    return Report(scenario, Cell(**cell), (Seen(**call),), rows, exchanges)


def effect(**changes: Any) -> dict[str, Any]:
    return {"correlation_id": "c", "key": None, "amount": 5} | changes


def exchange(**changes: Any) -> dict[str, Any]:
    row: dict[str, Any] = {"call": "call-1", "correlation_id": "c", "method": "POST", "key": None}
    row |= {"region": "us", "credential": "x", "status": 500, "kind": None}
    return row | {"told": "no", "until": None, "t_in": 0.0} | changes


def test_nothing_is_found_where_all_is_well() -> None:
    assert judge(report()) == ()


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (report(outcome={"kind": OutcomeKind.FAILED}), "outcome 'failed', expected 'delivered'"),
        (report(outcome={"steps": ()}), "actions nothing done, expected retry"),
        (report(outcome={"requests": 3}), "3 requests, expected 2"),
        (report(outcome={"refreshes": 1}), "refreshes 1, expected 0"),
        (report(outcome={"effect": "unknown"}), "effect 'unknown', expected 'once'"),
        (report(seen={"status": 500}), "status 500, expected 200"),
        (report(seen={"body": {"amount": 6}}), "body.amount 6, expected 5"),
        (report(seen={"body": None}), "body.amount None, expected 5"),
        (report(effects=()), "0 effects in the ledger, expected 1"),
        (report(seen={"outcome": None}), "outcome 'skipped', expected 'delivered'"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_each_fact_that_differs_is_named(changed: Report, said: str) -> None:
    assert any(said in found for found in judge(changed))


HARM = {
    "I1 two effects": (report(effects=(effect(), effect())), "I1: 2 effects"),
    "I1 resent in doubt": (
        report(journal=(exchange(told="maybe"), exchange(t_in=1.0))),
        "I1: sent again although it may have taken effect",
    ),
    "I3 before a region's time": (
        report(journal=(exchange(until=9.0), exchange(t_in=1.0))),
        "I3: an attempt came 8 s early",
    ),
    "I3 a throttle binds all regions": (
        report(journal=(exchange(until=9.0, kind="rate-limited"), exchange(region="eu", t_in=1))),
        "I3: an attempt came 8 s early",
    ),
    "I4 too many requests": (report(outcome={"requests": 9}), "I4: 9 requests"),
    "I5 another meaning": (
        report(effects=(effect(amount=50),)),
        "I5: amount 50 took effect, 5 was meant",
    ),
    "I6 delivered without effect": (report(effects=()), "I6: delivered, and the ledger knows"),
    "I6 a substitute for a write": (
        report(outcome={"kind": OutcomeKind.DEGRADED}),
        "I6: a write was answered by a substitute",
    ),
}


@pytest.mark.parametrize(("changed", "said"), HARM.values(), ids=HARM)
@pytest.mark.parametrize("planner", ["heuristic", "evil"])
def test_harm_is_found_whoever_planned(changed: Report, said: str, planner: str) -> None:
    played = Report(changed.scenario, Cell(planner), changed.seen, changed.effects, changed.journal)
    assert any(said in found for found in judge(played))


NO_HARM = {
    "a key makes a resend safe": (exchange(told="maybe", key="k"), exchange(t_in=1.0, key="k")),
    "a read may be repeated": (exchange(told="maybe", method="GET"), exchange(method="GET")),
    "another region is not bound": (exchange(until=9.0), exchange(region="eu", t_in=1.0)),
    "another credential has its own quota": (
        exchange(until=9.0, status=429),
        exchange(credential="y", t_in=1.0),
    ),
    "another call is not bound": (exchange(until=9.0), exchange(call="call-2", t_in=1.0)),
    "it came in time": (exchange(until=9.0), exchange(t_in=9.0)),
}


@pytest.mark.parametrize("journal", NO_HARM.values(), ids=NO_HARM)
def test_what_is_allowed_is_no_harm(journal: tuple[Mapping[str, Any], ...]) -> None:
    assert judge(report(journal=journal)) == ()


def test_a_planner_that_is_not_meant_well_is_not_held_to_the_best_course() -> None:
    assert judge(report(outcome={"steps": (), "requests": 4}, planner="evil")) == ()


def test_an_effect_by_the_same_key_counts_for_a_duplicate() -> None:
    rows = (effect(correlation_id="first", key="k"),)
    found = judge(report(effects=rows, journal=(exchange(key="k"),)))
    assert not any("I6" in said for said in found)


def test_durability_is_looked_at_where_the_scenario_says_so() -> None:
    parked = report(outcome={"kind": OutcomeKind.QUEUED, "queued": Parked("entry-1", False)})
    expect = parked.scenario.expect["c"].model_copy(update={"durable": True, "outcome": "queued"})
    scenario = parked.scenario.model_copy(update={"expect": {"c": expect}})
    changed = Report(scenario, parked.cell, parked.seen, parked.effects, parked.journal)
    assert any("durable False, expected True" in found for found in judge(changed))
