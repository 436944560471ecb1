"""The table of rules: whole, in order, explained, and each row with a client that breaks it."""

from pathlib import Path

import pytest
from tests.mock_server.verdict import test_leading_astray
from tests.mock_server.verdict.bad_clients import BAD_CLIENTS

from battle_healer_mock.verdict import table
from battle_healer_mock.verdict.rule import Rule
from battle_healer_mock.verdict.table import RULES

BROKEN_BY_HAND = ("V12", "V13", "V21")


def test_ids_are_numbered_without_a_gap() -> None:
    assert [rule.id for rule in RULES] == [f"V{n:02d}" for n in range(1, 26)]


def test_every_rule_has_a_client_that_breaks_it() -> None:
    assert sorted([*BAD_CLIENTS, *BROKEN_BY_HAND]) == [rule.id for rule in RULES]
    text = Path(test_leading_astray.__file__).read_text("utf-8")
    for rule in BROKEN_BY_HAND:
        assert f'["{rule}"]' in text


def test_every_file_with_a_rule_is_in_the_table() -> None:
    folder = Path(table.__file__).parent
    files = {p.stem for p in folder.glob("*.py") if "ROW = Rule(" in p.read_text("utf-8")}
    assert files == {rule.name for rule in RULES}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_rule_is_explained_with_its_guards_and_its_source(rule: Rule) -> None:
    for heading in ("Why it matters: ", "No alarm when: ", "Source: "):
        assert rule.explanation.count(heading) == 1
    assert rule.explanation in table.markdown()
    assert f"| {rule.id} | `{rule.name}` | {rule.severity} |" in table.markdown()
