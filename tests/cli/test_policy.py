"""`healer init`, `healer policy`, `healer home`, `healer doctor`: what stands on disk."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from battle_healer.home import open_home

Healer = Callable[..., Any]


def test_the_policy_that_init_writes_is_found_and_fine(healer: Healer, elsewhere: Path) -> None:
    assert healer("init", "https://api.pay.example/charges").code == 0
    assert "https://api.pay.example" in (elsewhere / "healer.yaml").read_text()
    ran = healer("policy", "check")
    assert (ran.code, ran.out) == (0, "healer.yaml: fine; destinations: pay\n")


def test_init_does_not_replace_a_file_unless_it_is_told_to(healer: Healer, elsewhere: Path) -> None:
    (elsewhere / "healer.yaml").write_text("mine")
    ran = healer("init", "https://api.example")
    assert ran.code == 2
    assert "--force" in ran.err
    assert (elsewhere / "healer.yaml").read_text() == "mine"
    assert healer("init", "https://api.example", "--force").code == 0


def test_init_can_write_to_stdout(healer: Healer, elsewhere: Path) -> None:
    assert "version: 1" in healer("init", "https://api.example", "-o", "-").out
    assert not [*elsewhere.iterdir()]


def test_init_says_where_it_cannot_write(healer: Healer) -> None:
    ran = healer("init", "https://api.example", "-o", "none/healer.yaml")
    assert ran.code == 2
    assert "cannot write none/healer.yaml" in ran.err


@pytest.mark.parametrize(
    ("url", "fix"),
    [
        ("127.0.0.1:8001/x", "Write http://127.0.0.1:8001/x"),
        ("api.example", "Write https://api.example"),
        ("ftp://api.example", "Write https://api.example"),
        ("http://", "Write https://host/path"),
        ("http://a b", "percent-encoded"),
        ("http://host:99999/", "Write https://host/path"),
    ],
)
def test_a_url_that_cannot_be_meant_is_answered_with_one_that_can(
    healer: Healer, url: str, fix: str
) -> None:
    ran = healer("init", url)
    assert ran.code == 2
    assert fix in ran.err


def test_a_typo_in_a_key_is_found_with_its_line_and_the_nearest_key(
    healer: Healer, elsewhere: Path
) -> None:
    (elsewhere / "healer.yaml").write_text("version: 1\ndefaults: {repare: on}\n")
    ran = healer("policy", "check")
    assert ran.code == 6
    assert "healer.yaml:2" in ran.out
    assert "repair" in ran.out
    assert healer("policy", "show").code == 2


def test_every_problem_of_a_policy_is_told(healer: Healer, elsewhere: Path) -> None:
    (elsewhere / "p.yaml").write_text("version: 1\nnope: 1\ndefaults: {repare: on}\n")
    ran = healer("policy", "check", "p.yaml")
    assert "p.yaml:2" in ran.out
    assert "p.yaml:3" in ran.out


def test_without_a_policy_there_is_nothing_to_check(healer: Healer) -> None:
    ran = healer("policy", "check")
    assert ran.code == 2
    assert "healer init URL" in ran.err


def test_the_policy_in_force_is_shown_without_a_secret(
    healer: Healer, elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAY_TOKEN", "s3cr3t-s3cr3t")
    (elsewhere / "healer.yaml").write_text(
        "version: 1\n"
        "destinations:\n"
        "  pay:\n"
        "    regions: [{name: main, url: 'https://pay.example'}]\n"
        "    credentials: [{name: main, token: {env: PAY_TOKEN}}]\n"
    )
    ran = healer("policy", "show")
    assert "env: PAY_TOKEN" in ran.out
    assert "s3cr3t" not in ran.out


def test_the_mocks_own_policy_can_be_shown(healer: Healer) -> None:
    assert "http://127.0.0.1:8001/regions/eu" in healer("policy", "show", "--mock").out


def test_the_home_is_shown_and_cleared(healer: Healer) -> None:
    home = open_home()
    (home / "journal.db").write_bytes(b"12345")
    shown = healer("home").out
    assert str(home) in shown
    assert "journal.db" in shown
    assert "5" in shown
    assert healer("home", "--clear").code == 0
    assert not home.exists()


def test_a_folder_that_is_no_home_of_ours_is_not_cleared(
    healer: Healer, monkeypatch: pytest.MonkeyPatch, elsewhere: Path
) -> None:
    (elsewhere / "queue.db").write_text("mine")
    monkeypatch.setenv("HEALER_HOME", str(elsewhere))
    ran = healer("home", "--clear")
    assert ran.code == 2
    assert (elsewhere / "queue.db").exists()


def test_the_doctor_finds_nothing_here(healer: Healer) -> None:
    ran = healer("doctor")
    assert ran.code == 0, ran.out


def test_the_doctor_finds_a_home_below_a_file(
    healer: Healer, monkeypatch: pytest.MonkeyPatch, elsewhere: Path
) -> None:
    (elsewhere / "taken").write_text("")
    for home in ("taken", "taken/home"):
        monkeypatch.setenv("HEALER_HOME", str(elsewhere / home))
        ran = healer("doctor")
        assert ran.code == 6
        assert f"{elsewhere / 'taken'} is no folder" in ran.out


def test_the_doctor_finds_a_planner_that_does_not_exist(
    healer: Healer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEALER_PLANNER", "heuristc")
    ran = healer("doctor")
    assert ran.code == 6
    assert "unknown planner 'heuristc'" in ran.out


def test_the_doctor_finds_a_policy_that_cannot_be_used(healer: Healer, elsewhere: Path) -> None:
    (elsewhere / "healer.yaml").write_text("version: 2\n")
    ran = healer("doctor")
    assert ran.code == 6
    assert "healer.yaml:1" in ran.out
