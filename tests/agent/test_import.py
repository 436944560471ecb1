"""The package as a program meets it."""

import subprocess
import sys

import pytest

import battle_healer

HEAVY = {"httpx2", "httpx", "pydantic", "yaml", "jsonschema", "rich", "typer", "google"}


def test_importing_the_package_brings_in_nothing_heavy() -> None:
    ask = "import sys, battle_healer; print(*{m.partition('.')[0] for m in sys.modules})"
    loaded = subprocess.run(
        [sys.executable, "-c", ask], capture_output=True, text=True, check=True
    ).stdout.split()
    assert not HEAVY & set(loaded)


NO_MODEL = [
    "import battle_healer; from battle_healer import HealingClient; HealingClient().close()",
    "import battle_healer_cli.main as m; m.main(['--help'])",
    "import battle_healer_cli.main as m; m.main(['explain', 'gemini'])",
    "from battle_healer import HealingClient; HealingClient(planner='gemini').close()",
]


@pytest.mark.parametrize("program", NO_MODEL)
def test_the_library_of_a_model_is_loaded_only_to_ask_it(program: str) -> None:
    ask = f"{program}\nimport sys; print('google.genai' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "False"


@pytest.mark.parametrize("name", battle_healer.__all__)
def test_every_public_name_is_there(name: str) -> None:
    assert getattr(battle_healer, name).__module__.startswith("battle_healer")
    assert name in dir(battle_healer)


def test_a_name_that_is_not_there_is_told_as_ever() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
        battle_healer.Nothing  # noqa: B018 -- asking is the point
