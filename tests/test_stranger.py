"""A stranger in an empty folder: from an installed package to a healed call of their own."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
UV = str(Path(sys.executable).with_name("uv"))


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `bin` of a fresh environment with the built package and its extra, nothing of ours."""
    home = tmp_path_factory.mktemp("stranger")
    env = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    for command in (
        [UV, "venv", "-q", "--python", sys.executable, str(home / "venv")],
        [UV, "pip", "install", "-q", "--python", str(home / "venv/bin/python"), f"{ROOT}[server]"],
    ):
        subprocess.run(command, check=True, env=env, cwd=home)
    return home / "venv/bin"


@pytest.fixture
def mock(installed: Path, tmp_path: Path) -> Iterator[dict[str, str]]:
    """`healer mock` in another terminal: its ready line."""
    command = [str(installed / "healer"), "mock", "--port", "0", "--json"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, cwd=tmp_path, env=bare(tmp_path), text=True
    ) as server:
        assert server.stdout is not None
        try:
            yield json.loads(server.stdout.readline())
        finally:
            server.terminate()
            server.wait(10)


def bare(folder: Path) -> dict[str, str]:
    return {"PATH": "/usr/bin:/bin", "HOME": str(folder)}


def test_a_stranger_gets_to_a_healed_call_with_init(
    installed: Path, mock: dict[str, str], tmp_path: Path
) -> None:
    def healer(*words: str) -> subprocess.CompletedProcess[str]:
        command = [str(installed / "healer"), *words]
        return subprocess.run(
            command, cwd=tmp_path, env=bare(tmp_path), capture_output=True, text=True, check=False
        )

    url = f"{mock['url']}/external-api"
    assert healer("init", url).returncode == 0
    assert (tmp_path / "healer.yaml").is_file()
    assert healer("policy", "check").returncode == 0
    signed = ("-H", f"Authorization: Bearer {mock['token']}")
    call = healer("call", "GET", url, *signed, "-H", "X-Simulate-Failure: retryable_500", "--json")
    assert call.returncode == 0, call.stderr
    told = json.loads(call.stdout)
    assert (told["outcome"], told["requests"]) == ("delivered", 2)
    assert [step["action"] for step in told["steps"]] == ["retry"]


def test_nothing_generic_is_installed(installed: Path) -> None:
    site = next((installed.parent / "lib").glob("python*/site-packages"))
    ours = {"battle_healer", "battle_healer_mock", "battle_healer_cli", "battle_healer_scenarios"}
    assert ours <= {path.name for path in site.iterdir()}
    assert not {"agent", "cli", "mock_server", "scenarios", "tests", "docs", "benchmarks"} & {
        path.name for path in site.iterdir()
    }
