"""The library writes to disk only where somebody asked for it."""

from pathlib import Path

import pytest

from battle_healer import HealingClient
from battle_healer.errors import SettingsError
from battle_healer.home import home_path
from battle_healer.journal.place import Place, if_asked, in_home, nowhere
from battle_healer.policy import Policy
from battle_healer.rules import Keep, Rules


@pytest.fixture(autouse=True)
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No setting, no `.env`, and a data folder of the test's own."""
    monkeypatch.delenv("HEALER_HOME", raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    return tmp_path


def test_nobody_asked() -> None:
    assert if_asked(Rules()) is None


def test_a_variable_asks(empty: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEALER_HOME", str(empty / "mine"))
    assert if_asked(Rules()) == Place(empty / "mine" / "journal.db", Keep())


def test_a_line_of_dotenv_asks(empty: Path) -> None:
    Path(".env").write_text(f"HEALER_HOME={empty / 'mine'}\n")
    assert if_asked(Rules()) == Place(empty / "mine" / "journal.db", Keep())


def test_a_dotenv_about_other_things_does_not() -> None:
    Path(".env").write_text("PAY_TOKEN=t\n")
    assert if_asked(Rules()) is None


def test_the_policy_asks_and_says_how_much_is_kept() -> None:
    rules = Policy.parse("version: 1\njournal: {days: 7, megabytes: 9}\n").rules
    assert if_asked(rules) == Place(home_path() / "journal.db", Keep(7, 9))


def test_our_own_programs_always_keep_it(empty: Path) -> None:
    assert in_home(Rules()).path.is_relative_to(empty / "data")


def test_what_is_played_is_kept_nowhere() -> None:
    nowhere(Rules(journal=Keep()))


def test_nothing_is_made_before_there_is_something_to_keep(
    empty: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEALER_HOME", str(empty / "mine"))
    HealingClient().close()
    assert not (empty / "mine").exists()


def test_a_setting_that_cannot_be_used_does_not_hinder_a_client(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("HEALER_HOME", "~")
    monkeypatch.setenv("HEALER_PLANNER", "no planner's name!")
    with pytest.raises(SettingsError):
        if_asked(Rules())
    with HealingClient() as client:
        assert client.healing.journal.flush()
    (said,) = [row.message for row in caplog.records]
    assert said.startswith("the journal is kept in memory only: HEALER_PLANNER")
