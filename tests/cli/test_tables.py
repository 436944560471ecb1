"""`healer faults`, `actions`, `explain`: what they print is what the tables say."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from battle_healer.actions.table import ACTIONS
from battle_healer.diagnosis.table import READERS
from battle_healer.guardrails import GUARDRAILS
from battle_healer.model import Kind, OutcomeKind
from battle_healer.planners.table import PLANNERS
from battle_healer_cli.calling.preview import PROSPECTS
from battle_healer_cli.commands.doctor import CHECKS
from battle_healer_mock.faults.table import FAULTS

Healer = Callable[..., Any]

NAMES = [
    *(fault.name for fault in FAULTS),
    *(alias for fault in FAULTS for alias in fault.aliases),
    *(action.name for action in ACTIONS),
    *(guardrail.invariant for guardrail in GUARDRAILS),
    *(planner.name for planner in PLANNERS),
    *(reader.name for reader in READERS),
    *(outcome.value for outcome in OutcomeKind),
    *(kind.value for kind in Kind),
]


def test_faults_lists_every_fault_with_its_cure(healer: Healer) -> None:
    lines = healer("faults").out.splitlines()
    for fault in FAULTS:
        assert any(line.startswith(f"{fault.name} ") and fault.cure in line for line in lines)


def test_actions_lists_every_action_with_its_condition(healer: Healer) -> None:
    lines = healer("actions").out.splitlines()
    for action in ACTIONS:
        assert any(line.startswith(f"{action.name} ") and action.when in line for line in lines)


@pytest.mark.parametrize("name", NAMES)
def test_every_name_of_ours_can_be_explained(healer: Healer, name: str) -> None:
    ran = healer("explain", name)
    assert ran.code == 0
    head, _, text = ran.out.partition("\n\n")
    assert ": " in head
    assert len(text.split()) >= 5
    assert not text[0].islower()


def test_a_fault_is_explained_in_the_words_of_its_own_file(healer: Healer) -> None:
    assert FAULTS[0].explanation in healer("explain", FAULTS[0].name).out


def test_a_kind_of_trouble_is_explained_by_its_row(healer: Healer) -> None:
    out = healer("explain", "server_error").out
    assert "its row is sure" in out
    assert "Tried in this order: retry, fail_over" in out


def test_case_does_not_matter_and_a_typo_gets_the_nearest(healer: Healer) -> None:
    assert healer("explain", "i1").code == 0
    ran = healer("explain", "regin_down")
    assert ran.code == 2
    assert "Did you mean 'region_down'?" in ran.err


def test_a_dry_run_has_a_word_on_every_action() -> None:
    assert set(PROSPECTS) == {action.name for action in ACTIONS}


def test_the_doctor_has_no_two_checks_of_one_name() -> None:
    assert len({check.name for check in CHECKS}) == len(CHECKS)
