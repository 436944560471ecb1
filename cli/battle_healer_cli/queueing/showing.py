"""Entries and figures as people read them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Final

from rich.table import Table
from rich.text import Text

from battle_healer.text import safe, safe_url
from battle_healer_cli.terminal import columns
from battle_healer_cli.timeline import counted
from battle_healer_replay.entry import MEANINGS, Entry, Payload, State
from battle_healer_replay.operations.look import Filter, Stats, Story
from battle_healer_replay.queue import Queue

_BODY_CHARACTERS: Final = 2000
_STYLES: Final = {State.SUCCEEDED: "green", State.DEAD: "red", State.CANCELLED: "dim"}


def table_of(entries: Iterable[Entry], now_ms: int) -> Table:
    """One row an entry."""
    table = columns("entry", "state", "destination", "queue", "priority", "failures", "due", "age")
    for e in entries:
        due = _in(e.due_ms - now_ms) if e.state is State.QUEUED else ""
        age = _span(now_ms - e.created_ms)
        table.add_row(
            e.id,
            _state(e),
            safe(e.destination),
            safe(e.queue),
            e.priority,
            str(e.failures),
            due,
            age,
        )
    return table


def _state(entry: Entry) -> Text:
    word = str(entry.state) if entry.reason is None else f"{entry.state} ({entry.reason})"
    return Text(word, _STYLES.get(entry.state, ""))


def _in(ms: int) -> str:
    return "now" if ms <= 0 else f"in {_span(ms)}"


def _span(ms: float) -> str:
    """A span of time in the unit that fits."""
    seconds = max(0.0, ms / 1000)
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.3g} s"


def _when(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3] + "Z"


def story_lines(story: Story, now_ms: int) -> Iterator[Text | Table]:
    """The whole story of an entry, from top to bottom."""
    entry, payload = story.entry, story.payloads[-1]
    yield Text.assemble((entry.id, "bold"), "  ", _state(entry))
    yield from _facts(entry, payload, now_ms)
    yield Text()
    yield Text(f"{payload.method} {safe_url(payload.url)}", "bold")
    for name, value in payload.headers:
        yield Text(f"{safe(name)}: {safe(value)}")
    if payload.body:
        yield Text(safe(payload.body, _BODY_CHARACTERS))
    yield Text()
    yield Text(f"{_when(entry.created_ms)}  parked: {safe(payload.error, 500) or 'handed in'}")
    for _, line in sorted(_history(story), key=lambda row: row[0]):
        yield line
    if entry.state is State.QUEUED:
        yield Text(f"next attempt {_in(entry.due_ms - now_ms)}")
    elif entry.reason is not None:
        yield Text(f"{entry.reason}: {MEANINGS[entry.reason]}")
        yield Text(_advice(entry), "dim")


def _facts(entry: Entry, payload: Payload, now_ms: int) -> Iterator[Text]:
    safety = (
        "sending it twice cannot act twice" if entry.safe else "must not be sent twice in doubt"
    )
    facts = {
        "call": f"{entry.call_id}  correlation {safe(entry.correlation_id)}",
        "place": f"{safe(entry.destination)} ({safe(payload.region) or 'any region'}), "
        f"queue {safe(entry.queue)}, tenant {safe(entry.tenant)}, priority {entry.priority}",
        "safety": f"{safety}; key {safe(payload.key or 'none')}",
        "signed by": f"credential {safe(payload.credential_ref)}" if payload.credential_ref else "",
        "policy": safe(payload.policy or "none"),
        "revision": f"{entry.revision}, {counted(entry.redrives, 'redrive')}",
        "failures": f"{entry.failures} of {entry.max_failures}, {counted(entry.fence, 'claim')}",
        "expires": _in(entry.expires_ms - now_ms) if entry.expires_ms else "never",
    }
    for name, value in facts.items():
        if value:
            yield Text(f"{name:<10}{value}")


def _history(story: Story) -> Iterator[tuple[int, Text]]:
    for a in story.attempts:
        status = f" {a.status}" if a.status is not None else ""
        again = f"; again in {_span(a.wait_s * 1000)}" if a.wait_s is not None else ""
        where = f" at {safe(a.region)}" if a.region else ""
        what = f"attempt {a.fence} by {safe(a.worker or '?')}{where}: {a.result}{status}"
        took = f"after {_span(a.ended_ms - a.started_ms)}{again}"
        yield a.ended_ms, Text(f"{_when(a.ended_ms)}  {what} {took}  {safe(a.detail, 500)}")
        if a.late:
            yield a.ended_ms, Text(f"{_when(a.ended_ms)}    late: {safe(a.late, 500)}", "yellow")
    for action in story.actions:
        told = f"{safe(action.what)} by {safe(action.who)}: {safe(action.why, 500)}"
        yield action.at_ms, Text(f"{_when(action.at_ms)}  {told}")


def _advice(entry: Entry) -> str:
    if entry.needs_decision:
        return (
            f"needs a decision: `healer queue settle {entry.id}` if it took effect, "
            f"`healer queue replay {entry.id} --send-again` if it did not"
        )
    return (
        f"`healer queue replay {entry.id}` sends it again, `healer queue cancel {entry.id}` ends it"
    )


def stats_lines(stats: Stats, now_ms: int) -> Iterator[Text]:
    """The figures of the moment."""
    for state, n in stats.counts.items():
        yield Text(f"{state:<16}{n}")
    yield Text(f"{'dead, 24 h':<16}{stats.dead_recent}")
    yield Text(f"{'need a decision':<16}{stats.undecided}")
    oldest = "none" if stats.oldest_s is None else _span(stats.oldest_s * 1000)
    yield Text(f"{'oldest':<16}{oldest}")
    yield Text(f"{'in, out':<16}{stats.in_per_minute}, {stats.out_per_minute} a minute")
    for p in stats.paused:
        ends = "until resumed" if p.until_ms is None else f"for {_span(p.until_ms - now_ms)} more"
        told = f"{p.scope} {safe(p.name)} {ends}, by {safe(p.who)}: {safe(p.why)}"
        yield Text(f"{'paused':<16}{told}", "yellow")


def waiting_lines(queue: Queue) -> Iterator[Text]:
    """How many entries are queued still, and until when; nothing where none are."""
    dues = [entry.due_ms for entry in queue.entries(Filter(State.QUEUED))]
    if dues:
        yield Text(
            f"{counted_entries(len(dues))} still queued: "
            f"the next due {_when(min(dues))}, the last {_when(max(dues))}"
        )


def counted_entries(n: int) -> str:
    """`1 entry`, `2 entries`."""
    return "1 entry" if n == 1 else f"{n} entries"
