from collections.abc import Callable
from pathlib import Path

import pytest

from battle_healer.errors import PolicyError
from battle_healer.policy import Policy

Refusal = Callable[[str], PolicyError]


@pytest.fixture
def refusal() -> Refusal:
    """What `healer.yaml` with this text is refused with."""

    def refuse(text: str) -> PolicyError:
        with pytest.raises(PolicyError) as caught:
            Policy.parse(text)
        return caught.value

    return refuse


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A working directory of its own, without settings of ours."""
    monkeypatch.chdir(tmp_path)
    for name in ("HEALER_POLICY", "HEALER_HOME", "HEALER_PLANNER"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path
