"""Puts what was found into words: two tables in Markdown, for the terminal and for the page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Final

from benchmarks.clients import ROOT
from benchmarks.clients.judging import Finding, Judged, Seen
from benchmarks.clients.plan import SHAPES
from benchmarks.clients.table import Client

PAGE: Final = ROOT / "docs/clients.md"
BEGIN: Final = "<!-- Written by `make clients`; run it, do not edit. -->"
END: Final = "<!-- End of what `make clients` writes. -->"
MARKS: Final = {"delivered": "✓", "failed": "·", "wrong": "!", "hanging": "…"}
DOUBLED: Final = "2"
_COLUMNS: Final = (
    "#", "client", "retries", "delivered", "doubled", "wrong", "hanging", "requests per call",
    "verdict",
)  # fmt: skip
_SEVERITIES: Final = ("critical", "major", "minor")

Results = Sequence[tuple[Client, Judged]]


def markdown(results: Results, patience_s: float) -> str:
    """Both tables, and what was judged."""
    calls = results[0][1].seen
    curable = sum(call.planned.is_curable for call in calls)
    said = (
        f"{len(calls)} calls each, of which {curable} can be got through without doing anything "
        f"twice; patience {patience_s:g} s."
    )
    return "\n".join([said, *_versions(results), "", *_summary(results), "", *_grid(results)])


def _versions(results: Results) -> Iterator[str]:
    texts = (text for client, _ in results for text in client.versions().split(", "))
    if found := ", ".join(dict.fromkeys(filter(None, texts))):
        yield f"Versions: {found}."


def _summary(results: Results) -> Iterator[str]:
    yield f"| {' | '.join(_COLUMNS)} |"
    yield f"|{'---|' * len(_COLUMNS)}"
    for number, (client, judged) in enumerate(results, 1):
        yield (
            f"| {number} | {client.name} | {client.retries} | {judged.count('delivered')} "
            f"| {judged.doubled} | {judged.count('wrong')} | {judged.count('hanging')} "
            f"| {judged.requests_per_call:.2f} | {verdict(judged)} |"
        )


def verdict(judged: Judged) -> str:
    """The grade, and by severity the rules that were broken."""
    ordered = sorted(judged.findings, key=lambda found: _SEVERITIES.index(found.severity))
    parts = [
        f"{severity} {', '.join(map(_of, found))}"
        for severity, found in groupby(ordered, key=lambda found: found.severity)
    ]
    return f"{judged.grade}{': ' if parts else ''}{'; '.join(parts)}"


def _of(finding: Finding) -> str:
    return f"{finding.rule} x{finding.breaches}"


def _grid(results: Results) -> Iterator[str]:
    """A fault a line, a client a column, a mark for each shape."""
    numbers = range(1, len(results) + 1)
    yield f"| {' / '.join(shape.name for shape in SHAPES)} | {' | '.join(map(str, numbers))} |"
    yield f"|---|{'---|' * len(results)}"
    for fault in dict.fromkeys(call.planned.fault for call in results[0][1].seen):
        cells = ("".join(map(mark, _meeting(fault, judged))) for _, judged in results)
        yield f"| `{fault}` | {' | '.join(cells)} |"


def _meeting(fault: str, judged: Judged) -> Iterator[Seen]:
    return (call for call in judged.seen if call.planned.fault == fault)


def mark(seen: Seen) -> str:
    """One sign for how a call ended; that it took effect twice outweighs all else."""
    return DOUBLED if seen.is_doubled else MARKS[seen.ending]


def write_page(text: str, page: Path = PAGE) -> None:
    """Put the tables between their marks, and leave the rest of the page alone."""
    before, after = _around(page.read_text("utf-8"))
    page.write_text(f"{before}{BEGIN}\n\n{text}\n\n{END}{after}", "utf-8")


def _around(text: str) -> tuple[str, str]:
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    assert begin, f"{PAGE} has lost its mark: {BEGIN}"
    assert end, f"{PAGE} has lost its mark: {END}"
    return before, after
