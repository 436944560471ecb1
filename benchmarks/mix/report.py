"""The fault mix: eighty calls by every client, judged from ledger and wire log."""

from __future__ import annotations

import json
import subprocess
import urllib.request
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from benchmarks import tools
from benchmarks.mix import judge
from benchmarks.mix.calls import MIX
from benchmarks.mix.clients.client import Client
from benchmarks.mix.clients.table import CLIENTS, OURS
from benchmarks.part import Say, Target, table, targets
from benchmarks.processes import free_port, line_from, running

PATIENCE_S: Final = 240.0
REQUESTS_PER_CALL: Final = 1.8


@dataclass(frozen=True, slots=True)
class Site:
    """A running upstream: addresses of its regions, and one that nobody listens on."""

    us: str
    eu: str
    dead: str

    def books(self) -> dict[str, Any]:
        """Ledger and wire log since the last reset."""
        return _asked(f"{self.us}/_/log")

    def reset(self) -> None:
        """Forget everything."""
        _asked(f"{self.us}/_/reset")


def _asked(url: str) -> dict[str, Any]:
    with urllib.request.urlopen(url) as reply:  # noqa: S310 - the upstream that we started
        books: dict[str, Any] = json.load(reply)
        return books


@contextmanager
def upstream() -> Iterator[Site]:
    """The upstream in a process of its own."""
    command = [tools.python(), "-m", "benchmarks.mix.upstream"]
    with running(command, tools.environment()) as process:
        ports = json.loads(line_from(process))
        address = "http://127.0.0.1:{}".format
        yield Site(address(ports["us"]), address(ports["eu"]), address(free_port()))


def score(site: Site, client: Client, *, shared: bool = False) -> judge.Score:
    """Let one client make the calls, and judge them."""
    site.reset()
    command = [tools.python(), "-m", "benchmarks.mix.runner", client.name]
    command += [site.us, site.eu, site.dead, *(["--shared"] if shared else [])]
    with running(command, tools.environment()) as process:
        try:
            lines, _ = process.communicate(timeout=PATIENCE_S)
        except subprocess.TimeoutExpired as late:
            lines = (late.stdout or b"").decode() if isinstance(late.stdout, bytes) else ""
    return judge.scored(map(json.loads, lines.splitlines()), site.books())


def report(say: Say) -> list[str]:
    """Tables: every client, the targets, and each call that we get wrong with its reason."""
    scores, missing = {}, []
    with upstream() as site:
        say(f"upstream at {site.us} and {site.eu}")
        for client in CLIENTS:
            if len(tools.versions(client.needs)) < len(client.needs):
                missing.append(client.name)
                continue
            scores[_titled(client)] = score(site, client)
            say(f"{client.name}: {scores[_titled(client)].right} of {len(MIX)}")
        shared = score(site, OURS, shared=True)
        scores[f"{OURS.name}, one client for all calls"] = shared
        say(f"{OURS.name}, shared: {shared.right} of {len(MIX)}")
    ours = {name: s for name, s in scores.items() if name.startswith(OURS.name)}
    return [
        *table(_HEAD, [_row(name, score) for name, score in scores.items()]),
        *tools.absent(missing),
        "The worst of the three of ours beside the targets:",
        "",
        *targets(_targets(list(ours.values()))),
        *_wrong(ours),
    ]


_HEAD: Final = (
    "client",
    f"right of {len(MIX)}",
    "duplicates",
    "false successes",
    "early requests",
    "requests per call",
)


def _row(name: str, s: judge.Score) -> tuple[object, ...]:
    per_call = f"{s.requests_per_call:.2f}"
    return name, s.right, s.duplicates, s.false_successes, s.early, per_call


def _titled(client: Client) -> str:
    found = tools.versions(client.needs)
    return f"{client.name} ({', '.join(f'{name} {found[name]}' for name in client.needs)})"


def _targets(scores: Sequence[judge.Score]) -> list[Target]:
    right = min(score.right for score in scores)
    duplicates = max(score.duplicates for score in scores)
    false = max(score.false_successes for score in scores)
    early = max(score.early for score in scores)
    per_call = max(score.requests_per_call for score in scores)
    return [
        Target("calls right", str(len(MIX)), str(right), right == len(MIX)),
        Target("duplicates", "0", str(duplicates), not duplicates),
        Target("false successes", "0", str(false), not false),
        Target("requests before the server's time", "0", str(early), not early),
        Target("requests per call", "≤ 1.8", f"{per_call:.2f}", per_call <= REQUESTS_PER_CALL),
    ]


def _wrong(scores: Mapping[str, judge.Score]) -> list[str]:
    """Each call that one of ours got wrong, once, with the reason that the first of them gave."""
    found: dict[int, judge.Verdict] = {}
    times: Counter[int] = Counter()
    for score in scores.values():
        for verdict in score.wrong:
            found.setdefault(verdict.case.number, verdict)
            times[verdict.case.number] += 1
    if not found:
        return []
    rows = [
        (n, v.case.kind, v.case.sort, v.case.variant, v.case.form, f"{times[n]}", v.why)
        for n, v in sorted(found.items())
    ]
    head = ("call", "kind", "sort", "variant", "form", f"in how many of {len(scores)}", "why")
    return ["Wrong:", "", *table(head, rows)]
