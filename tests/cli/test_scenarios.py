"""`healer scenarios`, `healer demo`: all as expected, or a finding that says what is not."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from battle_healer_scenarios import loader

Healer = Callable[..., Any]
Spawn = Callable[..., subprocess.Popen[str]]


def test_list_shows_every_scenario_with_its_title(healer: Healer) -> None:
    out = healer("scenarios", "list").out
    for scenario in loader.load_all():
        assert scenario.name in out
        assert scenario.title in out


def test_show_prints_the_file(healer: Healer) -> None:
    assert healer("scenarios", "show", "jobs").out == loader.text("jobs")


def test_a_run_as_expected_is_exit_0(healer: Healer) -> None:
    ran = healer("scenarios", "run", "jobs")
    assert ran.code == 0
    assert "10 requests, 2 effects in the ledger" in ran.out
    assert ran.out.endswith("as expected\n")


@pytest.fixture
def changed(elsewhere: Path) -> Callable[[str, str, str], str]:
    """A scenario file with one expectation changed; gives its path."""

    def change(name: str, old: str, new: str) -> str:
        text = loader.text(name)
        assert old in text
        path = elsewhere / f"{name}.yaml"
        path.write_text(text.replace(old, new, 1))
        return str(path)

    return change


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("requests: 3", "requests: 2", "job-twice: 3 requests, expected 2"),
        ("[retry, retry]", "[retry]", "job-twice: actions retry, retry, expected retry"),
        ("outcome: failed", "outcome: queued", "job-never: outcome 'failed', expected 'queued'"),
        ("effect: none", "effect: unknown", "job-never: effect 'none', expected 'unknown'"),
        ("status: 500", "status: 503", "job-never: status 500, expected 503"),
        ("effects: 2\n", "effects: 3\n", "2 effects in the ledger, expected 3"),
    ],
)
def test_an_expectation_that_is_not_met_is_a_finding(
    healer: Healer, changed: Callable[[str, str, str], str], old: str, new: str, said: str
) -> None:
    ran = healer("scenarios", "run", changed("jobs", old, new))
    assert ran.code == 6
    assert f"differs: jobs: {said}" in ran.out


def test_a_run_can_be_read_by_programs(healer: Healer) -> None:
    told = healer("scenarios", "run", "ok", "--json", "--client", "sync", "--method", "keyed").json
    assert (told["scenario"], told["client"], told["method"]) == ("ok", "sync", "keyed")
    assert told["findings"] == []
    assert [call["outcome"] for call in told["calls"]] == ["delivered", "delivered"]


def test_a_matrix_of_one_scenario_has_every_planner_client_and_method(healer: Healer) -> None:
    ran = healer("scenarios", "matrix", "ambiguous-500")
    assert ran.code == 0
    assert ran.out.split() == [
        "scenario", "heuristic", "scripted", "evil", "ambiguous-500", "6/6", "6/6", "6/6",
    ]  # fmt: skip


def test_a_matrix_with_a_finding_names_the_cell_and_ends_with_6(
    healer: Healer, changed: Callable[[str, str, str], str]
) -> None:
    path = changed("ok", "requests: 1", "requests: 2")
    ran = healer("scenarios", "matrix", path, "--planner", "heuristic")
    assert ran.code == 6
    assert "ok (heuristic, sync, unkeyed): charge: 1 requests, expected 2" in ran.out


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["run", "job"], "Did you mean 'jobs'?"),
        (["show", "../mock"], "unknown scenario"),
        (["run", "none.yaml"], "cannot be read"),
        (["run", "ok", "--planner", "evli"], "Did you mean evil?"),
        (["run", "ok", "--client", "threads"], "invalid value for '--client'"),
        (["run", "ok", "--url", "http://127.0.0.1:9"], "no mock server answers"),
        (["matrix", "ok", "nope"], "unknown scenario 'nope'"),
        (["matrix", "--planner", "nobody"], "unknown planner 'nobody'"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_bad_input_is_refused(healer: Healer, argv: list[str], said: str) -> None:
    ran = healer("scenarios", *argv)
    assert ran.code == 2
    assert said in ran.err


def test_a_server_with_the_wrong_clock_is_refused(healer: Healer, mock: Any) -> None:
    ran = healer("scenarios", "run", "ok", "--url", mock.url)
    assert ran.code == 2
    assert "healer mock --clock manual" in ran.err


def test_the_demo_shows_a_table_of_every_scenario_and_ends_well(
    spawn: Spawn, tmp_path: Path
) -> None:
    process = spawn("demo", env={"TMPDIR": str(tmp_path), "PATH": "/usr/bin:/bin"})
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, out
    assert out.startswith("A mock server now fails in every way that it knows")
    for name in loader.names():
        assert f"\n{name} " in out
    assert "repair_request (eu)" in out
    assert "every call ended as expected" in out
    assert len(err.splitlines()) == len(loader.names())
    assert not [*tmp_path.glob("healer-demo-*")]


def test_the_demo_fails_when_an_expectation_is_changed(
    healer: Healer, monkeypatch: pytest.MonkeyPatch
) -> None:
    ok = loader.load("ok")
    changed = ok.model_copy(update={"effects": 2})
    monkeypatch.setattr(loader, "load_all", lambda: (changed,))
    ran = healer("demo")
    assert ran.code == 6
    assert "differs: ok: 1 effects in the ledger, expected 2" in ran.out


def test_a_demo_that_is_interrupted_leaves_nothing_behind(spawn: Spawn, tmp_path: Path) -> None:
    process = spawn("demo", env={"TMPDIR": str(tmp_path), "PATH": "/usr/bin:/bin"})
    assert process.stderr is not None
    process.stderr.readline()
    assert [*tmp_path.glob("healer-demo-*")]
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=20)
    assert process.returncode == 130
    assert err.rstrip().endswith("interrupted")
    assert "Traceback" not in err
    assert not [*tmp_path.glob("healer-demo-*")]
