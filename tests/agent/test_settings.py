from pathlib import Path

import pytest

from battle_healer.errors import SettingsError
from battle_healer.settings import Settings, env_example, load_settings

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        monkeypatch.delenv(f"HEALER_{name.upper()}", raising=False)


def test_nothing_is_set_by_default() -> None:
    assert load_settings() == Settings(policy=None, home=None, planner=None)


def test_a_variable_wins_over_the_env_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("HEALER_PLANNER=scripted\nHEALER_HOME=/from/file\nPAY=x\n")
    monkeypatch.setenv("HEALER_PLANNER", "heuristic")
    settings = load_settings()
    assert settings.planner == "heuristic"
    assert settings.home == Path("/from/file")


def test_an_empty_variable_counts_as_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEALER_POLICY", "")
    assert load_settings().policy is None


def test_an_unknown_planner_names_the_nearest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEALER_PLANNER", "heurstic")
    with pytest.raises(SettingsError) as caught:
        load_settings(["heuristic", "scripted"])
    assert str(caught.value) == (
        "HEALER_PLANNER: unknown planner 'heurstic'. "
        "Did you mean 'heuristic'? Known: heuristic, scripted."
    )


def test_a_value_that_cannot_be_used_is_named_and_not_repeated(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HEALER_PLANNER", "no good; \x1b[2J s3cr3t")
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert caught.value.where == "HEALER_PLANNER"
    assert "s3cr3t" not in str(caught.value)
    assert caught.value.__context__ is None


def test_the_example_file_holds_every_setting_commented() -> None:
    assert (ROOT / ".env.example").read_text("utf-8") == env_example()
    for name, info in Settings.model_fields.items():
        assert f"\n# HEALER_{name.upper()}=" in env_example()
        assert info.description


def test_the_example_file_changes_nothing_as_it_stands(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(env_example(), "utf-8")
    assert load_settings() == Settings(policy=None, home=None, planner=None)


def test_the_example_file_parses_when_uncommented(tmp_path: Path) -> None:
    text = env_example().replace("# HEALER_", "HEALER_")
    (tmp_path / ".env").write_text(text, "utf-8")
    settings = load_settings(["heuristic"])
    assert all(getattr(settings, name) is not None for name in Settings.model_fields)
