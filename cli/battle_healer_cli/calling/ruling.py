"""Under which policy a call is made: the one that is found, or the mock's own for a simulation."""

from __future__ import annotations

from dataclasses import dataclass

from battle_healer.policy import Policy, find_policy
from battle_healer.rules import Rules
from battle_healer_cli.addresses import is_loopback, origin_of
from battle_healer_cli.calling.wanted import WHERE, Wanted
from battle_healer_cli.complaints import UsageError
from battle_healer_mock.trigger import parse
from battle_healer_scenarios import mock_policy_text


@dataclass(frozen=True, slots=True)
class Ruling:
    """The rules of a call. said: what whoever types must know of them; None for nothing."""

    rules: Rules
    said: str | None = None


def ruling(wanted: Wanted, policy: str | None, simulate: str | None) -> Ruling:
    """Find the rules of a call. Raises UsageError, PolicyError, TriggerError.

    A simulation reaches only a mock server: on this machine, or one that --policy names.
    """
    path = find_policy(policy)
    rules = Rules() if path is None else Policy.load(path).rules
    if simulate is None:
        return Ruling(rules)
    parse(simulate, f"{WHERE} --simulate")
    is_near = all(is_loopback(url) for url in _addresses(rules, wanted.url))
    if policy is None and not is_near:
        raise UsageError(
            "faults can be asked for only from a mock server on this machine",
            f"{WHERE} --simulate",
            "Start one with `healer mock`, or name with --policy the policy that declares yours.",
        )
    if not is_near or _declares(rules, wanted.url):
        # Found by itself it may be a surprise: with the mock's own policy more would be healed.
        is_found = policy is None and path is not None
        return Ruling(
            rules, f"using {path}, not the mock server's own policy" if is_found else None
        )
    origin = origin_of(wanted.url)
    mocks = Policy.parse(mock_policy_text(), "mock.yaml", base=origin).rules
    return Ruling(mocks, f"using the mock server's own policy for {origin}")


def _addresses(rules: Rules, url: str) -> list[str]:
    """Where a call may go: the URL itself, or the regions of a destination called by name."""
    if _is_absolute(url):
        return [url]
    destination = rules.named(url.partition(":")[0])
    return [] if destination is None else [region.url for region in destination.regions]


def _declares(rules: Rules, url: str) -> bool:
    if not _is_absolute(url):
        return True  # only a policy gives names; the client refuses one that is not declared
    return any(origin_of(url) in destination.origins for destination in rules.destinations)


def _is_absolute(url: str) -> bool:
    return url.lower().startswith(("http://", "https://"))
