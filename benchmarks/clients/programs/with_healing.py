"""battle-healer: without a policy, or with the one that declares the mock server."""

from __future__ import annotations

import sys
from functools import partial
from urllib.parse import urljoin

from battle_healer import HealingClient, Policy, outcome_of
from battle_healer_scenarios import mock_policy_text
from benchmarks.clients.contract import Call, make_all, read_calls


def send(client: HealingClient, call: Call) -> str:
    """The answer, if the outcome says that it is one."""
    reply = client.request(
        call.method, call.url, headers=call.headers, content=call.body, timeout=call.timeout_s
    )
    outcome = outcome_of(reply)
    if outcome.kind != "delivered":
        raise RuntimeError(f"{outcome.kind}: {outcome.reason}")
    return reply.text


def unsigned(call: Call) -> Call:
    """The call without a token of its own, since the policy says where to get one."""
    headers = {name: value for name, value in call.headers.items() if name != "Authorization"}
    return Call(call.id, call.method, call.url, headers, call.body, call.timeout_s)


if __name__ == "__main__":
    calls, policy = read_calls(), None
    if sys.argv[1] == "policy":
        base = urljoin(calls[0].url, "/")
        policy = Policy.parse(mock_policy_text(), "mock.yaml", base=base)
        calls = [unsigned(call) for call in calls]
    with HealingClient(policy=policy) as client:
        make_all(calls, partial(send, client))
