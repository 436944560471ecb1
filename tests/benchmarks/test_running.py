"""A client's program is heard for as long as the judge's patience lasts, and then ended."""

import json
import os
import subprocess
import sys
import time

import pytest
from benchmarks.clients import ROOT
from benchmarks.clients.contract import Call, Told
from benchmarks.clients.plan import plan
from benchmarks.clients.report import PAGE
from benchmarks.clients.running import BrokenProgramError, mock_server, read_books, run
from benchmarks.clients.table import CLIENTS

CALL = Call("one", "GET", "http://127.0.0.1:1/", {}, None, 1.0)
WORD = '{"id": "one", "answer": null, "error": "no"}'


def shell(text: str) -> list[str]:
    return ["/bin/sh", "-c", text]


def test_a_program_gets_the_calls_and_is_taken_at_its_word() -> None:
    echo = """read line; printf '{"id": "one", "error": null, "answer": "%s"}\\n' "${#line}" """
    (told,) = run(shell(echo), [CALL], 30)
    assert told == Told("one", str(len(CALL.line()) - 1), None)


def test_what_was_said_before_patience_ran_out_counts_and_all_processes_end() -> None:
    began = time.monotonic()
    told = run(shell(f"echo '{WORD}'; sleep 60 & sleep 60"), [CALL], 1.5)
    assert told == [Told("one", None, "no")]
    assert time.monotonic() - began < 30, "a child outlived the program"


def test_a_program_that_breaks_is_no_client_that_fails() -> None:
    with pytest.raises(BrokenProgramError, match="out of order"):
        run(shell("echo out of order >&2; exit 3"), [CALL], 30)


@pytest.mark.parametrize(
    "line",
    [
        "hello",
        "[]",
        '{"id": "one"}',
        '{"id": "one", "answer": {"an": "object"}, "error": null}',
        '{"id": "one", "answer": "both", "error": "both"}',
        '{"id": "one", "answer": null, "error": null}',
    ],
)
def test_a_line_that_is_none_of_the_contract_is_refused(line: str) -> None:
    with pytest.raises(BrokenProgramError, match="contract"):
        run(shell(f"echo '{line}'"), [CALL], 30)


def test_a_program_meets_the_real_server_whose_books_are_read() -> None:
    (asked, *_) = plan(["ok"])
    curl = next(client for client in CLIENTS if client.title == "curl, bare")
    with mock_server() as (url, token):
        told = run(curl.command, [asked.call(url, token, 5.0)], 30)
        books = read_books(url)
    assert json.loads(str(told[0].answer))["status"] == "operational"
    assert [row["correlation_id"] for row in books.journal if row["call"]] == [asked.id]
    assert (books.ledger, books.verdict["closed"]) == ([], True)


def test_a_tool_that_is_missing_is_named_with_the_line_to_type() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.clients", "--only", "fetch"], cwd=ROOT,
        env=os.environ | {"PATH": "/nowhere"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "not judged: node is missing; type: make tools TOOLS=node" in done.stderr


def test_a_program_of_ones_own_is_judged_alone_and_the_page_left_as_it_is() -> None:
    before = PAGE.read_bytes()
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.clients", "--program", "sh -c 'cat > /dev/null'"],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "| 1 | yours | sh -c 'cat > /dev/null' | 0 | 0 | 0 | 42 | 0.00 | pass |" in done.stdout
    assert PAGE.read_bytes() == before
