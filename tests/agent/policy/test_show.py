from pathlib import Path

import pytest

from battle_healer.policy import Policy, show
from battle_healer.rules import Cost, CredentialRule, Destination, Keep, Region, Rules
from battle_healer.secret import MASK, Secret

TEXT = """\
version: 1
defaults: {adapt: on}
destinations:
  pay:
    regions: [{name: us, url: https://a.example/}]
    credentials:
      - {name: a, token: {env: PAY_TOKEN}, daily_calls: 9, cost: {per_call: 0.5}}
      - {name: b, token: {file: /run/token}}
      - {name: c, token: {command: [op, --password=s3cr3t]}}
      - {name: d, token: {post: /t, body: {user: me, secret: s3cr3t, x: {api_key: [s3cr3t]}}}}
    endpoints:
      - {name: c, match: POST /c, repair: on, contract: {response: {type: object}}}
"""


def test_the_resolved_policy_shows_references_and_no_secrets(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAY_TOKEN", "s3cr3t")
    shown = show(Policy.parse(TEXT))
    assert "s3cr3t" not in shown
    assert "env: PAY_TOKEN" in shown
    assert "file: /run/token" in shown
    assert "user: me" in shown


def test_a_secret_given_in_python_is_masked() -> None:
    rule = CredentialRule("a", Secret("s3cr3t"))
    pay = Destination("pay", (Region("us", "https://a.example"),), (rule,))
    shown = show(Policy(Rules((pay,))))
    assert "s3cr3t" not in shown
    assert MASK.encode("unicode_escape").decode().split("\\u")[1] in shown


def test_defaults_and_bounds_are_filled_in() -> None:
    shown = show(Policy.parse(TEXT))
    assert "adapt: true" in shown
    assert "deadline_s: 30.0" in shown
    assert "url: https://a.example\n" in shown


def test_budgets_of_planners_are_shown_as_they_were_set() -> None:
    text = "version: 1\nplanner_budgets: {gemini: {tokens_per_day: 900}}\n"
    shown = show(Policy.parse(text))
    assert "planner_budgets:\n  gemini:\n    tokens_per_day: 900\n" in shown
    assert Policy.parse(shown).rules.planner_budgets == {"gemini": {"tokens_per_day": 900}}


def test_the_journal_is_shown_where_it_is_asked_for() -> None:
    shown = show(Policy.parse("version: 1\njournal: {days: 7}\n"))
    assert "journal:\n  days: 7\n  megabytes: 256\n" in shown
    assert Policy.parse(shown).rules.journal == Keep(days=7)
    assert "journal" not in show(Policy.parse("version: 1\n")).replace("journal_ring", "")


def test_what_is_shown_is_a_policy_of_the_same_meaning() -> None:
    text = TEXT.replace("--password=s3cr3t", "read")
    before = Policy.parse(text).rules.destinations[0]
    after = Policy.parse(show(Policy.parse(text))).rules.destinations[0]
    assert (after.regions, after.endpoints) == (before.regions, before.endpoints)
    (was, *_), (is_, *_) = before.credentials, after.credentials
    assert (is_.daily_calls, is_.cost) == (was.daily_calls, was.cost) == (9, Cost(0.5, "USD"))
