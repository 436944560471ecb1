"""Plays one scenario: loads it into a mock, makes its calls with a real client, reads the books."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Final

import httpx2

from battle_healer.clients.client import AsyncHealingClient, HealingClient
from battle_healer.clients.outcomes import outcome_of
from battle_healer.clients.surroundings import Surroundings
from battle_healer.errors import CallQueued
from battle_healer.guardrails import GUARDRAILS, Guardrail
from battle_healer.ids import correlation
from battle_healer.journal import OnEvent
from battle_healer.journal.place import nowhere
from battle_healer.stores import InMemoryStore
from battle_healer_cli.complaints import UsageError
from battle_healer_cli.running.control import Control, trusted
from battle_healer_cli.running.dice import Dice
from battle_healer_cli.running.judging import judge
from battle_healer_cli.running.policies import rules_for
from battle_healer_cli.running.report import Cell, Report, Seen
from battle_healer_cli.running.staged_time import StagedTime
from battle_healer_scenarios.scenario import Call, Scenario

_POOL: Final = httpx2.Limits(max_connections=1000)


@dataclass(frozen=True, slots=True)
class Setting:
    """What the calls of one run have in common.

    kwargs: for the healing client. time: None in real time. tokens: by call id.
    """

    url: str
    kwargs: dict[str, Any]
    time: StagedTime | None
    tokens: dict[str, str]
    ended: dict[str, Seen] = field(default_factory=dict)

    def begin(self, callers: int) -> None:
        """Start a stage of that many callers."""
        if self.time is not None:
            self.time.begin(callers)

    def caller(self) -> AbstractContextManager[None]:
        """Mark the life of one caller."""
        return nullcontext() if self.time is None else self.time.caller()

    def may_go(self, call: Call) -> bool:
        """Whether the call that this one needs was delivered."""
        before = self.ended.get(call.after) if call.after else None
        return call.after is None or (before is not None and before.ended == "delivered")


def play(
    scenario: Scenario,
    url: str,
    cell: Cell | None = None,
    *,
    guardrails: tuple[Guardrail, ...] = GUARDRAILS,
    on_event: OnEvent | None = None,
) -> Report:
    """Play a scenario against the mock server at `url` and judge what came of it.

    The server is reset by it. Raises UsageError where no mock answers, or its clock is not the
    one that the scenario wants. guardrails: emptied only to show what harm they prevent.
    """
    cell = cell or Cell()
    began = time.monotonic()
    with Control(url) as control:
        setting = _set_up(scenario, cell, control, guardrails, on_event)
        entries = scenario.as_variant(cell.variant)
        if cell.client == "async":
            asyncio.run(_play_async(entries, setting))
        else:
            _play_sync(entries, setting)
        seen = tuple(setting.ended.values())
        report = Report(scenario, cell, seen, control.effects(), control.journal())
    report = report.found(judge(report))
    return Report(
        scenario, cell, seen, report.effects, report.journal,
        time.monotonic() - began, report.findings,
    )  # fmt: skip


def _set_up(
    scenario: Scenario,
    cell: Cell,
    control: Control,
    guardrails: tuple[Guardrail, ...],
    on_event: OnEvent | None,
) -> Setting:
    control.load(scenario)
    mode, wall = control.clock()
    if mode != scenario.server.clock:
        raise UsageError(
            f"the server's clock is {mode}, and {scenario.name} wants {scenario.server.clock}",
            control.url,
            f"Start it with: healer mock --clock {scenario.server.clock}",
        )
    staged = StagedTime(control.advance, wall) if mode == "manual" else None
    dice = Dice(f"{scenario.server.seed}")
    around = Surroundings(
        chance=dice.chance, bits=dice.bits, guardrails=guardrails, journal=nowhere
    )
    if staged is not None:
        around = replace(around, clock=staged, wait=staged.wait, wait_async=staged.wait_async)
    kwargs = {
        "policy": rules_for(scenario, control.url),
        "queue": InMemoryStore() if scenario.policy.queue == "memory" else None,
        "planner": cell.planner,
        "on_event": on_event,
        "surroundings": around,
        "limits": _POOL,
        "trust_env": False,
        "verify": trusted(),
    }
    return Setting(control.url, kwargs, staged, _tokens(scenario, cell, control))


def _tokens(scenario: Scenario, cell: Cell, control: Control) -> dict[str, str]:
    """A token of its own for each call that wants one; it follows from seed and call."""
    calls = (call for entry in scenario.as_variant(cell.variant) for call in entry.each())
    return {
        call.id: control.issue_token(call.id) if call.token == "issued" else call.token  # noqa: S105 - the scenario's word
        for call in calls
        if call.token != "none"  # noqa: S105 - the scenario's word
    }


async def _play_async(entries: Sequence[Call], setting: Setting) -> None:
    async with AsyncHealingClient(**setting.kwargs) as client:
        for entry in entries:
            calls = _due(entry, setting)
            setting.begin(len(calls))
            seen = await asyncio.gather(*(_call_async(client, call, setting) for call in calls))
            setting.ended.update({one.id: one for one in seen})


async def _call_async(client: AsyncHealingClient, call: Call, setting: Setting) -> Seen:
    with setting.caller(), correlation(call.id):
        try:
            reply = await client.send(_request(client, call, setting))
        except (httpx2.HTTPError, CallQueued) as error:
            return _seen(call, error)
        return _seen(call, reply)


def _play_sync(entries: Sequence[Call], setting: Setting) -> None:
    with HealingClient(**setting.kwargs) as client:
        for entry in entries:
            calls = _due(entry, setting)
            setting.begin(len(calls))
            with ThreadPoolExecutor(max(1, len(calls)), "healer-caller") as pool:
                seen: Iterable[Seen] = pool.map(partial(_call_sync, client, setting), calls)
            setting.ended.update({one.id: one for one in seen})


def _call_sync(client: HealingClient, setting: Setting, call: Call) -> Seen:
    with setting.caller(), correlation(call.id):
        try:
            reply = client.send(_request(client, call, setting))
        except (httpx2.HTTPError, CallQueued) as error:
            return _seen(call, error)
        return _seen(call, reply)


def _due(entry: Call, setting: Setting) -> list[Call]:
    """The calls of an entry that are made; the others are noted as skipped."""
    calls = [*entry.each()]
    due = [call for call in calls if setting.may_go(call)]
    setting.ended.update({call.id: Seen(call.id) for call in calls if call not in due})
    return due


def _request(
    client: HealingClient | AsyncHealingClient, call: Call, setting: Setting
) -> httpx2.Request:
    headers = {"X-Correlation-ID": call.id, "Accept": "application/json"}
    if call.id in setting.tokens:
        headers["Authorization"] = f"Bearer {setting.tokens[call.id]}"
    if call.key is not None:
        headers["Idempotency-Key"] = call.key
    if call.trigger is not None:
        headers["X-Simulate-Failure"] = call.trigger
    extensions = {"healer": {"deadline_s": call.deadline_s}} if call.deadline_s else None
    url = setting.url + call.path
    return client.build_request(
        call.method, url, json=call.body, headers=headers, extensions=extensions
    )


def _seen(call: Call, ended: httpx2.Response | Exception) -> Seen:
    outcome = outcome_of(ended)
    if isinstance(ended, Exception):
        return Seen(call.id, outcome, outcome.status, call.body, error=type(ended).__name__)
    return Seen(call.id, outcome, ended.status_code, call.body, _json(ended))


def _json(reply: httpx2.Response) -> Any:
    try:
        return reply.json()
    except ValueError:
        return None
