"""The page shows what was found, and keeps the words around it."""

import re
from pathlib import Path

from benchmarks.clients.judging import Finding, Judged, Seen
from benchmarks.clients.plan import FAULTS, plan
from benchmarks.clients.report import BEGIN, DOUBLED, END, MARKS, PAGE, markdown, write_page
from benchmarks.clients.table import CLIENTS, Client

from battle_healer_mock.faults.table import BY_NAME
from battle_healer_mock.verdict.table import RULES

TEXT = PAGE.read_text("utf-8")
TABLES = TEXT.partition(BEGIN)[2].partition(END)[0]


def test_a_table_has_a_line_a_client_and_a_line_a_fault() -> None:
    get, post, keyed = plan(["reset"])
    seen = (Seen(get, 2, 0, "delivered"), Seen(post, 1, 0, "failed"), Seen(keyed, 3, 2, "wrong"))
    findings = (Finding("V14", "gave_up", "minor", 1), Finding("V01", "double", "critical", 2))
    judged = Judged(seen, "fail", findings)
    text = markdown([(Client("mine", "none", ("mine",)), judged)], 9)
    assert (
        "| 1 | mine | none | 1 | 1 | 1 | 0 | 2.00 | fail: critical V01 x2; minor V14 x1 |" in text
    )
    assert f"| `reset` | ✓·{DOUBLED} |" in text
    assert "3 calls each, of which 2 can be got through" in text


def test_writing_the_page_keeps_what_people_wrote(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"before\n{BEGIN}\nold\nolder\n{END}\nafter\n", "utf-8")
    write_page("new", page)
    assert page.read_text("utf-8") == f"before\n{BEGIN}\n\nnew\n\n{END}\nafter\n"


def test_the_page_has_every_client_and_every_fault_of_the_plan() -> None:
    rows = re.findall(r"^\| \d+ \| (.*?) \| (.*?) \|", TABLES, re.MULTILINE)
    assert rows == [(client.name, client.retries) for client in CLIENTS]
    assert re.findall(r"^\| `(.*?)` \|", TABLES, re.MULTILINE) == list(FAULTS)


def test_the_page_names_only_rules_and_faults_that_there_are() -> None:
    assert set(re.findall(r"V\d\d", TEXT)) <= {rule.id for rule in RULES}
    assert {fault.partition("=")[0] for fault in FAULTS[1:]} <= BY_NAME.keys()


def test_the_page_explains_every_mark() -> None:
    words = TEXT.replace(TABLES, "")
    for mark in (*MARKS.values(), DOUBLED):
        assert f"`{mark}`" in words


def test_the_client_that_is_ours_is_the_one_without_a_finding() -> None:
    clean = [row for row in TABLES.splitlines() if row.endswith("| pass |")]
    assert len(clean) == 1
    assert "HealingClient" in clean[0]
