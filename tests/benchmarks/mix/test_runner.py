"""The runner: fresh clients, and no call that holds up the others."""

import json
import threading
from collections.abc import Mapping
from typing import Any

import pytest
from benchmarks.mix import runner
from benchmarks.mix.calls import MIX
from benchmarks.mix.clients import ours
from benchmarks.mix.clients.client import Client, Send, Site, Told, replied

HOME, DEAD = Site("http://home.example", "http://other.example"), Site("http://dead.example", "")


def ran(client: Client, capsys: pytest.CaptureFixture[str], *, shared: bool = False) -> list[Any]:
    runner.Calls(client, HOME, DEAD, shared=shared).make_all()
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_every_call_has_a_fresh_client_unless_it_is_shared(
    capsys: pytest.CaptureFixture[str],
) -> None:
    opened: list[Site] = []

    def client(site: Site) -> Send:
        opened.append(site)
        return lambda method, path, headers, body: Told(True)

    assert len(ran(Client("c", (), client), capsys)) == len(opened) == len(MIX)
    assert opened.count(DEAD) == sum(case.variant == "refuses" for case in MIX)
    opened.clear()
    ran(Client("c", (), client), capsys, shared=True)
    assert sorted(opened, key=repr) == sorted([HOME, DEAD], key=repr)


def test_a_call_that_never_comes_back_holds_nobody_up(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(runner, "PATIENCE_S", 0.05)
    never = threading.Event()

    def send(method: str, path: str, headers: Mapping[str, str], body: bytes) -> Told:
        if headers["Bench-Call"] == "1":
            never.wait(30)
        if headers["Bench-Call"] == "2":
            raise KeyError("surprise")
        return replied(200, b"{}")

    lines = {line["call"]: line for line in ran(Client("c", (), lambda _: send), capsys)}
    never.set()
    assert len(lines) == len(MIX)
    assert not lines[1]["came_back"]
    assert not lines[2]["success"]
    assert "KeyError" in lines[2]["note"]
    assert lines[3]["success"]


def test_what_is_declared_for_ours_is_a_policy_without_tuning() -> None:
    rules = ours.policy(HOME).rules
    assert rules.bounds == type(rules.bounds)()
    (shop,) = rules.destinations
    assert [region.url for region in shop.regions] == [HOME.home, HOME.other]
