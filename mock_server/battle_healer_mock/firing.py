"""Decides whether a fault strikes: one rule per binding, and one place that counts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from battle_healer_mock.answer import Answer
from battle_healer_mock.clock import SLACK_S
from battle_healer_mock.exchange import Exchange
from battle_healer_mock.fault import Binding, Need, Shot, Stage
from battle_healer_mock.trigger import FOREVER, Item


def _counted(shot: Shot, item: Item) -> bool:
    """Call faults count down; a wait that still runs is enforced without counting."""
    return shot.is_early or shot.memo.fired < (item.count or 1)


def _always(shot: Shot, item: Item) -> bool:
    """Body faults end with the defect, draw faults with luck; `*n` bounds both."""
    return shot.memo.fired < (item.count or FOREVER)


def _bound(subject: Callable[[Exchange], str]) -> Callable[[Shot, Item], bool]:
    def may(shot: Shot, item: Item) -> bool:
        memo = shot.memo
        here = subject(shot.x)
        if memo.bound is None:
            memo.bound = here
        if memo.bound != here or memo.fired >= (item.count or FOREVER):
            return False
        after_s = item.fault.heals_after_s
        if after_s is None or memo.first_s is None or item.count == FOREVER:
            return True
        return shot.x.now_s < memo.first_s + after_s - SLACK_S

    return may


MAY_STRIKE: Final[dict[Binding, Callable[[Shot, Item], bool]]] = {
    "call": _counted,
    "region": _bound(lambda x: x.request.region),
    "token": _bound(lambda x: x.token_id),
    "credential": _bound(lambda x: x.credential_id),
    "body": _always,
    "draw": _always,
}

HAS: Final[dict[Need, Callable[[Exchange], bool]]] = {
    "body": lambda x: x.charge is not None,
    "key": lambda x: x.key is not None and x.request.method == "POST",
    "used connection": lambda x: x.nth > 1,
}


# A name of its own: to look a member up in its enum takes 0.6 µs.
ANY: Final = Stage.ANY


def strike(x: Exchange, stage: Stage) -> Answer | None:
    """The answer of the first fault of `stage` that strikes this exchange, if any."""
    for item in x.trigger.by_stage.get(stage, ()):
        shot = _shot(x, item)
        if shot is None or item.fault.answer is None:
            continue
        was_early = shot.is_early
        answer = item.fault.answer(shot)
        if answer is None:
            continue
        _count(shot, was_early=was_early)
        x.struck = item
        return answer
    return None


def slow_down(x: Exchange) -> None:
    """Let the modifiers say how late the reply comes, and how slowly."""
    for item in x.trigger.by_stage.get(ANY, ()):
        shot = _shot(x, item)
        if shot is None:
            continue
        x.delay_s += item.fault.delay_s(shot) if item.fault.delay_s else 0.0
        x.gap_s += item.fault.gap_s(shot) if item.fault.gap_s else 0.0
        _count(shot, was_early=False)


def _shot(x: Exchange, item: Item) -> Shot | None:
    if item.region is not None and item.region != x.request.region:
        return None
    tally = x.state.tally(item.fault.name)
    shot = Shot(x, item.argument, item.site, x.call.memo(item.site), tally)
    if item.fault.needs is not None and not HAS[item.fault.needs](x):
        return None
    if not MAY_STRIKE[item.fault.binding](shot, item):
        return None
    shot.memo.asked += 1
    tally.asked += 1
    return shot


def _count(shot: Shot, *, was_early: bool) -> None:
    memo = shot.memo
    if not was_early:
        memo.fired += 1
    if memo.first_s is None:
        memo.first_s = shot.x.now_s
    shot.tally.fired += 1
