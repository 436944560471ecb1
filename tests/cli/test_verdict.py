"""`healer verdict`: the grade of a client, as a table, as data, as JUnit XML, and as an exit."""

from __future__ import annotations

import json
import sys
import xml.etree.ElementTree as Xml
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest

from battle_healer_cli.complaints import UsageError
from battle_healer_cli.main import main
from battle_healer_cli.verdicts import junit, lines_of, read_verdict, table_of
from battle_healer_mock.server import MockServer, Options
from battle_healer_mock.verdict.case import Case
from battle_healer_mock.verdict.judging import Verdict, rule_on
from battle_healer_mock.verdict.table import RULES

CHARGE = {"transactionId": "tx-1", "amount": 15}


@dataclass(frozen=True)
class Ran:
    """What a command line came to."""

    code: int
    out: str
    err: str


Judge = Callable[..., Ran]


@pytest.fixture(scope="module")
def seen() -> Iterator[MockServer]:
    with MockServer(Options(port=0, clock="manual")) as running:
        yield running


@pytest.fixture
def judge(seen: MockServer, capfdbinary: pytest.CaptureFixture[bytes]) -> Judge:
    """Run `healer verdict` about a server that has seen nobody yet."""
    seen.state.reset()

    def run(*argv: str) -> Ran:
        code = main(["verdict", "--url", seen.url, *argv])
        sys.stdout.flush()
        out, err = capfdbinary.readouterr()
        return Ran(code, out.decode(), err.decode())

    return run


def send(server: MockServer, faults: str = "", key: str | None = None, body: Any = CHARGE) -> int:
    headers = {"Authorization": f"Bearer {server.state.issue_standing('t')}"}
    headers |= {"X-Correlation-ID": "corr-1", "X-Simulate-Failure": faults}
    headers |= {"Idempotency-Key": key} if key else {}
    return httpx2.post(f"{server.url}/external-api", json=body, headers=headers).status_code


def ambiguous_twice(server: MockServer) -> None:
    assert [send(server, "ambiguous_500") for _ in range(2)] == [500, 200]


def orphan(server: MockServer) -> None:
    assert send(server, "ambiguous_500", key="key") == 500


def test_a_clean_client_passes(judge: Judge, seen: MockServer) -> None:
    send(seen)
    ran = judge()
    assert ran.code == 0
    assert ran.out.startswith("verdict: pass\nkept: V25\nnot exercised: V01, V02")


def test_findings_are_shown_with_lines_and_what_is_right(judge: Judge, seen: MockServer) -> None:
    ambiguous_twice(seen)
    ran = judge()
    assert ran.code == 6
    [line] = [line for line in ran.out.splitlines() if line.startswith("V02 ambiguous_resend")]
    for part in ("critical", "corr-1 POST /external-api", "1, 2", "stop and say so"):
        assert part in line
    assert "verdict: fail" in ran.out


def test_warnings_fail_only_when_strict(judge: Judge, seen: MockServer) -> None:
    orphan(seen)
    ran = judge()
    assert (ran.code, "verdict: warn" in ran.out) == (0, True)
    assert judge("--strict").code == 6


def test_json_is_the_whole_answer_in_one_line(judge: Judge, seen: MockServer) -> None:
    ambiguous_twice(seen)
    ran = judge("--json")
    assert ran.code == 6
    [line] = ran.out.splitlines()
    verdict = json.loads(line)
    assert verdict["grade"] == "fail"
    assert [found["id"] for found in verdict["findings"]] == ["V01", "V02"]
    assert verdict["closed"] is True


def test_it_closes_the_traffic_first(judge: Judge, seen: MockServer) -> None:
    orphan(seen)
    assert httpx2.get(f"{seen.url}/verdict").json()["grade"] == "pass"
    assert "V24" in judge().out


def test_junit_has_one_case_a_rule(judge: Judge, seen: MockServer, tmp_path: Path) -> None:
    ambiguous_twice(seen)
    file = tmp_path / "verdict.xml"
    assert judge("--junit", str(file)).code == 6
    suite = Xml.parse(file).getroot()  # noqa: S314 - likewise
    assert suite.get("tests") == str(len(suite)) == str(len(RULES))
    assert suite.get("failures") == "2"
    failed = [case.get("name") for case in suite if case.find("failure") is not None]
    assert failed == ["V01 double_effect", "V02 ambiguous_resend"]
    kept = {case.get("name") for case in suite if not [*case]}
    assert {"V20 header_lost", "V25 secret_in_url"} <= kept
    assert suite.get("skipped") == str(len(RULES) - 2 - len(kept))


@pytest.mark.parametrize(("strict", "failures"), [(False, "0"), (True, "1")])
def test_junit_calls_warnings_failures_only_when_strict(
    judge: Judge, seen: MockServer, tmp_path: Path, strict: bool, failures: str
) -> None:
    orphan(seen)
    file = tmp_path / "verdict.xml"
    judge("--junit", str(file), *(["--strict"] if strict else []))
    suite = Xml.parse(file).getroot()  # noqa: S314 - likewise
    assert suite.get("failures") == failures


def test_a_file_that_cannot_be_written_is_a_usage_error(judge: Judge, tmp_path: Path) -> None:
    ran = judge("--junit", str(tmp_path / "nowhere" / "v.xml"))
    assert ran.code == 2
    assert "v.xml: no such file or directory" in ran.err


def test_where_no_mock_listens_that_is_said(judge: Judge) -> None:
    ran = judge("--url", "http://127.0.0.1:9")
    assert ran.code == 2
    assert "no mock server answers" in ran.err


def answer_over_dropped_rows() -> dict[str, Any]:
    dropped = {"/external-api": 5, "/refresh-token": 1, "decoy": 1}
    return Verdict(rule_on(Case(())), dropped, open_rows=(3, 4)).as_json()


def test_what_nobody_can_know_is_neither_passed_nor_skipped() -> None:
    judged = read_verdict(answer_over_dropped_rows(), "here")
    text = "\n".join(str(line) for line in lines_of(judged))
    assert text.startswith("verdict: unknown\nunknown: V01, ")
    assert "7 rows were dropped" in text
    assert "not judged: lines 3, 4" in text
    suite = Xml.fromstring(junit(judged, strict=False))  # noqa: S314 - likewise
    assert suite.get("errors") == str(len(RULES))


def test_what_a_server_says_is_shown_without_its_escapes() -> None:
    told = answer_over_dropped_rows()
    evil = "\x1b[2Jgone\u202e\x00"
    rule = {"id": evil, "name": evil, "severity": evil, "right": evil}
    told["findings"] = [rule | {"calls": [evil], "lines": [evil], "seen": evil}]
    told["rules"] = [rule | {"state": "found", "opportunities": 1, "certain": 1}]
    judged = read_verdict(told, "here")
    shown = [str(cell) for column in table_of(judged).columns for cell in column.cells]
    for text in (*shown, junit(judged, strict=True)):
        assert not set(text) & {"\x1b", "\u202e", "\x00"}


@pytest.mark.parametrize(
    "told", [{}, {"grade": "pass"}, answer_over_dropped_rows() | {"grade": "excellent"},
             answer_over_dropped_rows() | {"findings": 3}],
)  # fmt: skip
def test_an_answer_that_is_no_verdict_is_an_error(told: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        read_verdict(told, "here")
