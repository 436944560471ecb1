"""Under which rules a parked call is sent."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from battle_healer.policy import Policy, find_policy
from battle_healer.rules import Rules
from battle_healer.text import safe
from battle_healer_cli.addresses import is_loopback, origin_of
from battle_healer_cli.running.policies import mock_rules
from battle_healer_replay.entry import Payload
from battle_healer_replay.errors import RefusedError
from battle_healer_replay.parking import undeclared

_MOCKS: Final = "mock.yaml"  # the name under which the mock's own policy parks


class Policies:
    """The worker's own policy; and for calls that were parked under it, the mock's own.

    mock_url: where a mock server of this process is; what is handed in for it has its policy.
    """

    def __init__(self, policy: str | None) -> None:
        self.mock_url: str | None = None
        path = find_policy(policy)
        self._own = Rules() if path is None else Policy.load(path).rules

    @property
    def source(self) -> str:
        """What people call the worker's own policy."""
        return self._own.source

    @property
    def rules(self) -> Rules:
        """The worker's own policy; empty without one."""
        return self._own

    def __call__(self, payload: Payload) -> Rules:
        """The rules of a payload. Raises RefusedError where none here declare its address."""
        destination, _, _ = self._own.place(payload.url)
        if destination.declared:
            return self._own
        origin = origin_of(payload.url)
        # Only to the origin that it was parked for, and only on this machine.
        if payload.policy == _MOCKS and is_loopback(payload.url):
            return mock_rules(origin)
        raise RefusedError(
            f"{safe(origin)} is not declared there",
            self._own.source,
            f"Start the worker with the policy of the call: {safe(payload.policy or 'none')}.",
        )

    def declaring(self, url: str) -> Rules:
        """The rules that declare a URL. Raises RefusedError where none here do."""
        destination, _, _ = self._own.place(url)
        if destination.declared:
            return self._own
        if self.mock_url is not None and is_loopback(url) and _port(url) == _port(self.mock_url):
            return mock_rules(origin_of(url))
        raise undeclared(url, self._own.source)


def _port(url: str) -> int | None:
    return urlsplit(url).port
