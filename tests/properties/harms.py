"""What breaks an invariant, as the small world saw it: a row for each of I1 to I7.

A row gives what is wrong, in words, or None.
"""

import math
from collections.abc import Callable
from typing import Any

from tests.properties.tempter import HALF, INVENTED
from tests.properties.world import ORDER, TOKENS, Played
from tests.support.building import reply

from battle_healer.commands import Ask, Note, Park, Wait
from battle_healer.model import OutcomeKind

MOST_REQUESTS = 8


def _told(it: Played) -> str:
    """All that leaves the loop for people, planners and stores, as a debugger would print it."""
    said: list[Any] = [c for c in it.world.commands if isinstance(c, (Ask, Note, Park))]
    return repr([*said, it.ending and it.ending.outcome])


def double_effect(it: Played) -> str | None:
    call, acted = it.call, it.world.acted
    if not call.is_repeatable and len(acted) > 1:
        return f"{len(acted)} effects of a {call.method} that nothing protects"
    if call.is_keyed and call.method in ("POST", "PATCH") and len(set(acted)) > 1:
        return f"one key, and an effect for each of {set(acted)}"
    if {sent.call.key for sent in it.world.sends} != {call.key}:
        return "the key changed"
    parked = it.ending is not None and it.ending.outcome.kind is OutcomeKind.QUEUED
    if parked and acted and not call.is_repeatable:
        return "parked after it took effect"
    return None


def secrets_told(it: Played) -> str | None:
    here = it.call.destination
    known = {rule.name for rule in here.credentials}
    for sent in it.world.sends:
        if sent.grant is None:
            continue
        if sent.region.origin not in here.origins:
            return f"a credential went to {sent.region.origin}"
        if sent.grant.name not in known:
            return f"{sent.grant.name} is not declared"
    if TOKENS in _told(it):
        return "a token was told"
    return None


def early(it: Played) -> str | None:
    return f"{it.world.early} requests came early" if it.world.early else None


def unbounded(it: Played) -> str | None:
    if it.ending is None:
        return "it did not end"
    if len(it.world.sends) > MOST_REQUESTS:
        return f"{len(it.world.sends)} requests"
    if it.world.clock.time >= it.call.deadline:
        return "the deadline was over"
    return None


def meaning_lost(it: Played) -> str | None:
    bodies = {sent.body for sent in it.world.sends}
    if INVENTED in bodies:
        return "a value was invented"
    if it.call.endpoint.protected and bodies != {it.call.body}:
        return "a protected field was touched"
    return None


def dishonest(it: Played) -> str | None:
    if it.ending is None:
        return None
    outcome, is_read = it.ending.outcome, it.call.is_read
    if outcome.kind is OutcomeKind.DEGRADED and not is_read:
        return "a substitute passed for a write"
    if it.ending.body == HALF and (is_read or outcome.verified is not False):
        return "half an answer passed for a whole one"
    delivered = outcome.kind is OutcomeKind.DELIVERED and it.ending.body is None
    if delivered and it.ending.trouble != GOOD:
        return "no answer of the API was delivered"
    if outcome.effect == "none" and it.world.acted and not is_read:
        return "an effect was denied"
    if outcome.requests != len(it.world.sends):
        return f"{outcome.requests} requests were told of {len(it.world.sends)}"
    return None


def obeyed_a_text(it: Played) -> str | None:
    for sent in it.world.sends:
        if sent.region not in it.call.destination.regions:
            return f"a request went to {sent.region.url}"
    waits = [c.seconds for c in it.world.commands if isinstance(c, Wait)]
    if not all(math.isfinite(wait) and wait >= 0 for wait in waits):
        return "it waited for no time"
    if ORDER in _told(it):
        return "the words of a reply were told"
    return None


GOOD = reply(200, {"id": "c1"})
HARMS: dict[str, Callable[[Played], str | None]] = {
    "I1": double_effect,
    "I2": secrets_told,
    "I3": early,
    "I4": unbounded,
    "I5": meaning_lost,
    "I6": dishonest,
    "I7": obeyed_a_text,
}
