from pathlib import Path

import pytest

from battle_healer.errors import SettingsError
from battle_healer.home import MARK, STATE_FILES, clear, describe, home_path, open_home


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "home"
    monkeypatch.setenv("HEALER_HOME", str(path))
    return path


def test_the_setting_says_where_it_is(home: Path) -> None:
    assert home_path() == home
    assert not home.exists()


def test_without_the_setting_it_is_the_platforms_data_folder(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HEALER_HOME")
    assert home_path().name == "battle-healer"
    assert home_path() != home


def test_a_new_home_is_readable_by_its_owner_alone(home: Path) -> None:
    assert open_home() == home
    assert home.stat().st_mode & 0o077 == 0
    assert describe() == [(home / MARK, (home / MARK).stat().st_size)]


def test_clearing_removes_our_files_and_the_folder(home: Path) -> None:
    open_home()
    for name in STATE_FILES:
        (home / name).write_bytes(b"12345")
        (home / f"{name}-wal").write_bytes(b"")
    assert (home / "journal.db", 5) in describe()
    assert len(clear()) == 2 * len(STATE_FILES) + 1
    assert not home.exists()
    assert describe() == []


def test_clearing_leaves_what_is_not_ours(home: Path) -> None:
    open_home()
    (home / "journal.db").write_bytes(b"1")
    (home / "notes.txt").write_text("mine")
    clear()
    assert [file.name for file in home.iterdir()] == ["notes.txt"]


def test_a_folder_that_is_no_home_is_not_cleared(home: Path) -> None:
    home.mkdir()
    (home / "journal.db").write_bytes(b"somebody else's")
    with pytest.raises(SettingsError, match="no home of ours"):
        clear()
    assert (home / "journal.db").read_bytes() == b"somebody else's"
    assert describe() == []


def test_a_folder_with_other_things_does_not_become_a_home(home: Path) -> None:
    home.mkdir()
    (home / "notes.txt").write_text("mine")
    with pytest.raises(SettingsError, match="holds other things"):
        open_home()
    assert [file.name for file in home.iterdir()] == ["notes.txt"]


def test_a_link_is_removed_and_never_followed(home: Path, tmp_path: Path) -> None:
    open_home()
    target = tmp_path / "precious.db"
    target.write_bytes(b"precious")
    (home / "queue.db").symlink_to(target)
    clear()
    assert target.read_bytes() == b"precious"
    assert not home.exists()


def test_a_home_that_does_not_exist_is_clear_already(home: Path) -> None:
    assert clear() == ()
    assert not home.exists()


def test_a_home_that_is_a_file_is_refused_with_its_path(home: Path) -> None:
    home.write_text("not a folder")
    with pytest.raises(SettingsError) as caught:
        open_home()
    assert caught.value.where == str(home)
