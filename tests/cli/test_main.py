"""What holds for every command: help, exits, errors in two lines, signals, pipes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from battle_healer_cli import main as entry
from battle_healer_cli.exits import BY_OUTCOME, Exit
from battle_healer_cli.table import COMMANDS

Healer = Callable[..., Any]
Spawn = Callable[..., subprocess.Popen[str]]


def test_help_lists_every_command_with_its_summary(healer: Healer) -> None:
    ran = healer("--help")
    assert ran.code == 0
    for command in COMMANDS:
        assert command.name in ran.out
        assert command.does in ran.out


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_each_command_has_help_that_begins_with_its_summary(healer: Healer, command: Any) -> None:
    ran = healer(command.name, "--help")
    assert ran.code == 0
    assert " ".join(command.does.split()) in " ".join(ran.out.split())


def test_help_opens_nothing_heavy() -> None:
    code = (
        "import sys; from battle_healer_cli.main import main; main(['--help']);"
        "print([m for m in ('httpx2', 'pydantic', 'yaml', 'fastapi', 'jsonschema')"
        " if m in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.endswith("[]\n")


def test_the_version_is_told(healer: Healer) -> None:
    assert healer("--version").out.startswith("healer 0.")


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["fults"], "healer: unknown command 'fults'"),
        (["--nope"], "healer: no such option: --nope"),
        (["faults", "--nope"], "healer faults: no such option: --nope"),
        (["call", "GET"], "healer call: missing argument 'URL'"),
        (["mock", "--port", "many"], "healer mock: invalid value for '--port'"),
        (["mock", "--clock", "slow"], "healer mock: invalid value for '--clock'"),
        (["scenarios", "play"], "healer scenarios: no such command 'play'"),
        (["mock", "--install-completion"], "healer mock: no such option: --install-completion"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_cannot_be_meant_is_said_in_two_lines(
    healer: Healer, argv: list[str], said: str
) -> None:
    ran = healer(*argv)
    assert ran.code == Exit.USAGE
    assert ran.out == ""
    first, second = ran.err.splitlines()
    assert first.startswith(said)
    assert second.startswith("  ")


@pytest.mark.parametrize("argv", [[], ["scenarios"], ["policy"]])
def test_help_is_shown_where_no_command_is_given(healer: Healer, argv: list[str]) -> None:
    ran = healer(*argv)
    assert ran.code == Exit.USAGE
    assert "Usage: healer" in ran.out
    assert ran.err.startswith(f"{' '.join(['healer', *argv])}: no command was given.\n")


def test_the_nearest_command_is_offered(healer: Healer) -> None:
    assert "Did you mean 'faults'?" in healer("fults").err


def test_a_fault_of_ours_is_owned_up_to_without_a_traceback(
    healer: Healer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_down(args: list[str]) -> int:
        raise KeyError("gone")

    monkeypatch.setattr(entry, "_run", break_down)
    ran = healer("faults")
    assert ran.code == Exit.OURS
    assert "a fault of battle-healer itself in test_main.py" in ran.err
    assert "Traceback" not in ran.err


@pytest.mark.parametrize("command", ["mock", "demo"])
@pytest.mark.parametrize("missing", ["fastapi", "uvicorn"])
def test_a_missing_extra_is_named_with_the_line_to_type(command: str, missing: str) -> None:
    code = (
        f"import sys; sys.modules[{missing!r}] = None;"
        f"from battle_healer_cli.main import main; sys.exit(main([{command!r}]))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert ran.returncode == Exit.USAGE
    assert missing in ran.stderr
    assert "pip install 'battle-healer[server]'" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_a_reader_that_goes_away_ends_the_command_quietly(spawn: Spawn) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    process = spawn("faults", stdout=writing)
    os.close(writing)
    _, err = process.communicate(timeout=20)
    assert process.returncode == Exit.PIPE
    assert err == ""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_call_ends_at_once_and_says_so(spawn: Spawn, number: int) -> None:
    with subprocess.Popen([sys.executable, "-c", _HANGS], stdout=subprocess.PIPE) as hanging:
        assert hanging.stdout is not None
        port = int(hanging.stdout.readline())
        process = spawn("call", "GET", f"http://127.0.0.1:{port}/")
        assert hanging.stdout.readline() == b"accepted\n"
        process.send_signal(number)
        out, err = process.communicate(timeout=20)
        hanging.kill()
    assert process.returncode == Exit.INTERRUPTED
    assert out == ""
    assert err.strip() == "interrupted"


_HANGS = """
import socket
socket.setdefaulttimeout(20)
with socket.create_server(("127.0.0.1", 0)) as server:
    print(server.getsockname()[1], flush=True)
    connection, _ = server.accept()
    connection.recv(1)
    print("accepted", flush=True)
    connection.recv(1 << 20)
    server.accept()
"""


def test_every_outcome_has_an_exit_code_and_no_two_are_equal() -> None:
    assert len({row.value for row in Exit}) == len([*Exit])
    assert [BY_OUTCOME[word].value for word in ("delivered", "degraded", "queued", "failed")] == [
        0, 3, 4, 5,
    ]  # fmt: skip


@pytest.mark.parametrize("width", [20, 200])
def test_colour_and_width_are_the_terminals_business(
    healer: Healer, monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.setenv("NO_COLOR", "1")
    ran = healer("actions")
    assert "\x1b" not in ran.out
    # Piped output is never folded: one line a row.
    assert any(
        "refresh_credential" in line and "token source" in line for line in ran.out.split("\n")
    )


def test_json_is_not_touched_by_the_terminal(healer: Healer) -> None:
    assert json.loads(healer("policy", "show", "--schema").out)["title"] == "PolicyFile"
