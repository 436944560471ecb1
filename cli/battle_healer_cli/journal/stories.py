"""Past episodes: a table of them, and the story of one as it was told while it happened."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from battle_healer.journal.event import BEGUN, CANCELLED, ENDED, STEP, Event, outcome_of, step_of
from battle_healer.journal.reading import OPEN, Kept
from battle_healer_cli.journal.lines import public as public_event
from battle_healer_cli.journal.lines import said
from battle_healer_cli.journal.times import stamp
from battle_healer_cli.terminal import columns
from battle_healer_cli.timeline import counted, outcome_line, show_explained

CUT_OFF = "in progress or cut off: nothing is known after this"


def table_of(episodes: list[Kept]) -> Table:
    """One row an episode."""
    table = columns("episode", "began", "outcome", "call", "requests", "reason")
    table.columns[0].no_wrap = True
    for one in episodes:
        more = f" (and {one.more} more like it)" if one.more else ""
        table.add_row(
            one.of.episode,
            stamp(one.began),
            Text(one.outcome, f"outcome.{one.outcome}"),
            _call(one),
            "" if one.requests is None else str(one.requests),
            one.reason + more,
        )
    return table


def counts_line(counts: Mapping[str, int]) -> str:
    """What is counted beside the episodes; empty where it is nothing."""
    words = {"clean": "clean send", "refusals": "like refusal", "lost": "lost event"}
    parts = [counted(counts[name], said) for name, said in words.items() if counts.get(name)]
    return f"counted and not listed: {', '.join(parts)}" if parts else ""


def show_story(console: Console, kept: Kept, events: list[Event]) -> None:
    """Print everything that is known of one episode."""
    of = kept.of
    console.print(Text(f"{of.episode}  {_call(kept)}", "bold"))
    console.print(
        f"began {stamp(kept.began)}, correlation id {of.correlation_id}, {of.call}, "
        f"tenant {of.tenant}",
        style="dim",
    )
    steps = []
    for event in events:
        data = event.data
        if event.name == STEP:
            steps.append(step := step_of(data))
            show_explained(console, step, data.get("status"), data.get("elapsed_s"))
        elif event.name == ENDED:
            console.print(outcome_line(outcome_of(data, tuple(steps))))
        elif event.name == CANCELLED:
            console.print(said(event))
        elif event.name != BEGUN:
            console.print(f"  {event.name.lower().replace('_', ' ')}: {said(event)}", style="dim")
    if kept.outcome == OPEN:
        console.print(CUT_OFF, style="yellow")
    if kept.more:
        console.print(f"{counted(kept.more, 'more refusal')} like it within a minute", style="dim")


def public(kept: Kept) -> dict[str, Any]:
    """An episode as plain data, for programs."""
    of = kept.of
    return {
        "episode": of.episode,
        "call": of.call,
        "correlation_id": of.correlation_id,
        "tenant": of.tenant,
        "provider": of.provider,
        "region": of.region,
        "endpoint": of.endpoint,
        "method": of.method,
        "began": stamp(kept.began),
        "ended": None if kept.ended is None else stamp(kept.ended),
        "outcome": kept.outcome,
        "effect": kept.effect,
        "status": kept.status,
        "requests": kept.requests,
        "reason": kept.reason,
        "more": kept.more,
    }


def public_story(kept: Kept, events: list[Event]) -> dict[str, Any]:
    """An episode and its events as plain data."""
    return public(kept) | {"events": [public_event(event) for event in events]}


def _call(kept: Kept) -> str:
    of = kept.of
    return " ".join(part for part in (of.method, of.provider, of.endpoint) if part)
