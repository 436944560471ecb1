"""Starting and stopping: at once, with a clear word when it cannot be, leaving nothing behind."""

import asyncio
import gc
import os
import pickle
import signal
import socket
import subprocess
import sys
import threading
import time
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest
from tests.mock_server.driving import Mock, eventually

from battle_healer_mock.clock import Clock, Mode
from battle_healer_mock.control.app import build
from battle_healer_mock.errors import BadInputError, MockError, PortInUseError
from battle_healer_mock.front import Front
from battle_healer_mock.server import MockServer, Options
from battle_healer_mock.state import State


def test_a_server_leaves_no_thread_and_no_listener() -> None:
    before = threading.active_count()
    with MockServer(Options(port=0)) as server, Mock(server.url) as mock:
        assert mock.get("/healthz").status_code == 200
        port = server.port
    assert threading.active_count() == before
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port))


def test_a_taken_port_says_what_where_and_what_to_do() -> None:
    with MockServer(Options(port=0)) as server:
        with pytest.raises(PortInUseError) as caught, MockServer(Options(port=server.port)):
            pass
        assert "in use" in caught.value.what
        assert caught.value.where == f"127.0.0.1:{server.port}"
        assert "--port 0" in caught.value.fix


@pytest.mark.parametrize("clock", ["real", "manual"])
@pytest.mark.parametrize("fault", ["latency=1h", "stall", "drip=1h"])
def test_a_stop_does_not_wait_for_replies_that_are_held_back(fault: str, clock: Mode) -> None:
    with MockServer(Options(port=0, clock=clock)) as server:
        where = urlsplit(server.url)
        sock = socket.create_connection((where.hostname, where.port))
        sent = f"GET /external-api?simulate={fault} HTTP/1.1\r\nHost: x\r\n\r\n"
        sock.sendall(sent.encode())
        eventually(lambda: server.state.clock.sleepers == 1)
        stopping_s = time.monotonic()
    assert time.monotonic() - stopping_s < 1
    sock.settimeout(2)
    while sock.recv(65536):
        pass
    sock.close()


def test_the_token_of_the_start_survives_a_reset_and_a_scenario() -> None:
    with MockServer(Options(port=0)) as server, Mock(server.url) as mock:
        token = server.issue_token("demo")
        for path, body in (("/reset", {}), ("/control/scenario", {"name": "x", "seed": "7"})):
            mock.post(path, json=body)
            assert mock.call(token=token).status_code == 200
        assert mock.post("/generate-api-key", json={"userId": "demo"}).json()["token"] != token


def test_a_scenario_may_be_given_at_the_start() -> None:
    scenario: dict[str, Any] = {"name": "down", "regions": {"us": "down"}}
    with MockServer(Options(port=0, scenario=scenario)) as server, Mock(server.url) as mock:
        assert mock.call(token=server.issue_token()).status_code == 503


@pytest.mark.parametrize(
    ("scenario", "said"),
    [
        ({"name": "x", "fualts": []}, "scenario /fualts"),
        ({"name": "x", "faults": [{"trigger": "nope"}]}, "unknown fault 'nope'"),
        ({}, "scenario /name"),
    ],
)
def test_a_scenario_that_cannot_be_read_is_named(scenario: dict[str, Any], said: str) -> None:
    with pytest.raises(BadInputError) as caught:
        MockServer(Options(scenario=scenario))
    assert said in str(caught.value)


def test_the_clock_is_real_unless_asked_otherwise() -> None:
    with MockServer(Options(port=0)) as server, Mock(server.url) as mock:
        assert mock.get("/control/clock").json()["mode"] == "real"
        answer = mock.post("/control/clock", json={"advance_s": 1})
        assert (answer.status_code, "--clock manual" in answer.json()["detail"]) == (400, True)


def test_errors_survive_pickling() -> None:
    for error in (MockError("a", "b", "c"), BadInputError("a", "b", "c", ("d",), "d")):
        again = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes
        assert str(again) == str(error) == "b: a. c"


@pytest.mark.parametrize("fault", ["reset", "stall", "truncated", "garbage"])
def test_without_a_socket_a_wire_fault_says_that_it_needs_one(fault: str) -> None:
    state = State("42", Clock("manual"))
    token = state.issue_standing("demo")
    transport = httpx2.ASGITransport(app=Front(state, build(state)))

    async def ask() -> httpx2.Response:
        async with httpx2.AsyncClient(transport=transport, base_url="http://mock") as http:
            sent = {"Authorization": f"Bearer {token}", "X-Simulate-Failure": fault}
            return await http.get("/external-api", headers=sent)

    reply = asyncio.run(ask())
    assert reply.status_code == 501
    assert f"{fault} needs a real socket" in reply.json()["detail"]
    assert "x-processed" not in reply.headers, "it may have taken effect"


def test_the_foreground_server_looks_through_what_lives_long_less_often() -> None:
    script = (
        "import gc\n"
        "from battle_healer_mock.server import MockServer, Options\n"
        "def ready(server):\n"
        "    print(gc.get_threshold()[2], gc.get_freeze_count() > 10_000)\n"
        "    server._serving._end()\n"
        "MockServer(Options(port=0)).serve(ready)\n"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert run.stdout == "100 True\n"


def test_a_server_in_a_thread_leaves_the_collector_of_its_process_alone() -> None:
    before = gc.get_threshold(), gc.get_freeze_count()
    with MockServer(Options(port=0)):
        assert (gc.get_threshold(), gc.get_freeze_count()) == before


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_foreground_server_ends_in_good_order_on_a_signal(number: signal.Signals) -> None:
    script = (
        "from battle_healer_mock.server import MockServer, Options\n"
        "server = MockServer(Options(port=0))\n"
        "server.serve(lambda ready: print(ready.url, flush=True))\n"
        "print('ended')\n"
    )
    command = [sys.executable, "-c", script]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        assert httpx2.get(f"{url}/readyz").status_code == 200
        os.kill(process.pid, number)
        out, err = process.communicate(timeout=10)
    assert (process.returncode, out, err) == (0, "ended\n", "")
