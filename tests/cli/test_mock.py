"""`healer mock`: ready lines, curl lines that work, clean ends, a port in use."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
from collections.abc import Callable
from typing import Any

import pytest

from battle_healer_scenarios import mock_policy_text

Healer = Callable[..., Any]
Spawn = Callable[..., subprocess.Popen[str]]


def line_of(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line, "it ended before it was ready"
    return line


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_one_ready_line_then_a_clean_end_when_it_is_told_to(spawn: Spawn, number: int) -> None:
    process = spawn("mock", "--port", "0", "--json")
    ready = json.loads(line_of(process))
    assert ready["ready"] is True
    assert ready["url"] == f"http://127.0.0.1:{ready['port']}"
    process.send_signal(number)
    out, err = process.communicate(timeout=20)
    assert (process.returncode, out, err) == (0, "", "")


def test_each_curl_line_of_the_banner_does_what_its_comment_says(spawn: Spawn) -> None:
    process = spawn("mock", "--port", "0")
    lines: list[str] = []
    while sum(line.startswith("curl") for line in lines) < 3:
        lines.append(line_of(process))
    curls = [line for line in lines if line.startswith("curl")]
    write, fault, ledger = (
        subprocess.run(["bash", "-c", line], capture_output=True, text=True, check=True).stdout
        for line in curls
    )
    assert json.loads(write)["status"] == "accepted"
    assert fault.startswith("HTTP/1.1 503")
    assert len(json.loads(ledger)["effects"]) == 1


def test_a_scenario_and_a_seed_can_be_given(spawn: Spawn) -> None:
    process = spawn("mock", "--port", "0", "--json", "--scenario", "jobs", "--seed", "9")
    url = json.loads(line_of(process))["url"]
    said = subprocess.run(
        ["curl", "-s", f"{url}/control/scenario"],
        capture_output=True,
        text=True,
        check=True,
    )
    status = json.loads(said.stdout)
    assert (status["name"], status["seed"]) == ("jobs", "9")
    assert len(status["faults"]) == 2


def test_a_port_in_use_is_named_with_a_way_out(healer: Healer) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ran = healer("mock", "--port", str(port))
    assert ran.code == 2
    assert f"127.0.0.1:{port}: cannot listen" in ran.err
    assert "--port 0" in ran.err


def test_an_unknown_scenario_gets_the_nearest_name(healer: Healer) -> None:
    ran = healer("mock", "--scenario", "pipelin")
    assert ran.code == 2
    assert "Did you mean 'pipeline'?" in ran.err


def test_its_policy_is_printed_as_it_is(healer: Healer) -> None:
    assert healer("mock", "--print-policy").out == mock_policy_text()
