"""The mock's own policy for a mock at some address, with what a scenario changes in it."""

from __future__ import annotations

from functools import cache
from typing import Any

import yaml

from battle_healer.policy import Policy
from battle_healer.rules import Rules
from battle_healer_cli.complaints import UsageError
from battle_healer_scenarios import mock_policy_text
from battle_healer_scenarios.scenario import Scenario


@cache
def mock_rules(url: str) -> Rules:
    """The rules of the mock's own policy, applied to the origin of `url`."""
    return Policy.parse(mock_policy_text(), "mock.yaml", base=url).rules


def rules_for(scenario: Scenario, url: str) -> Rules:
    """The same with the scenario's overrides. Raises UsageError, PolicyError."""
    overrides = scenario.policy.endpoints
    if not overrides:
        return mock_rules(url)
    data = yaml.safe_load(mock_policy_text())
    endpoints = {e["name"]: e for d in data["destinations"].values() for e in d["endpoints"]}
    for name, changes in overrides.items():
        if name not in endpoints:
            raise UsageError(
                f"the mock's policy has no endpoint {name!r}",
                f"{scenario.name}.yaml: policy.endpoints",
                f"Known: {', '.join(endpoints)}.",
            )
        endpoints[name].update(_plain(changes))
    where = f"mock.yaml with the overrides of {scenario.name}.yaml"
    return Policy.parse(yaml.safe_dump(data), where, base=url).rules


def _plain(changes: Any) -> dict[str, Any]:
    return dict(changes)
