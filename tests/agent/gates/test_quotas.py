"""Quotas: another credential signs before a limit is hit, and the first again in its time."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from tests.agent.gates.conftest import World
from tests.support.building import EU, WHEN, FixedClock, destination, endpoint

from battle_healer.commands import Note
from battle_healer.gates.quotas import Quotas
from battle_healer.gates.told import Hold
from battle_healer.model import Attempt, Grant, Kind, Refused
from battle_healer.rules import Cost, CredentialRule, Destination, GateBounds
from battle_healer.secret import Secret
from battle_healer.windows import Window

HALF_A_DAY_S = 43_200.0
"""What is left of the UTC day in which the tests begin."""
DAY_S = 86_400.0


class Day(FixedClock):
    """A clock whose time of day moves with it."""

    def wall(self) -> datetime:
        return WHEN + timedelta(seconds=self.time - 100.0)


@pytest.fixture
def world() -> World:
    return World(clock=Day())


def capped(main: int | None = 10, spare: int | None = None, **changes: Any) -> Destination:
    rules = (
        CredentialRule("main", Secret("m"), daily_calls=main),
        CredentialRule("spare", Secret("s"), tier="backup", daily_calls=spare),
    )
    return destination(credentials=tuple(replace(rule, **changes) for rule in rules))


def begun(world: World, here: Destination, **changes: Any) -> Attempt:
    first = world.begin(world.call(here, **changes))
    assert isinstance(first, Attempt), first
    return first


def signer(world: World, here: Destination, kind: Kind = Kind.OK, **changes: Any) -> str:
    """Who signs the next call, which ends so."""
    first = begun(world, here, **changes)
    world.settle(first, kind)
    assert first.grant is not None
    return first.grant.name or ""


def signers(world: World, here: Destination, calls: int) -> list[str]:
    return [signer(world, here) for _ in range(calls)]


def refused(world: World, here: Destination) -> Refused:
    answer = world.begin(world.call(here))
    assert isinstance(answer, Refused), answer
    return answer


def test_another_credential_signs_before_the_cap_is_reached(world: World) -> None:
    assert signers(world, capped(), 12) == ["main"] * 9 + ["spare"] * 3


def test_the_policy_says_how_near_is_near(a_world: Callable[..., World]) -> None:
    assert signers(a_world(near_quota_percent=50), capped(), 7) == ["main"] * 5 + ["spare"] * 2


def test_with_all_near_their_caps_the_rest_is_used_in_order(world: World) -> None:
    used = signers(world, capped(10, 10), 20)
    assert used == ["main"] * 9 + ["spare"] * 9 + ["main", "spare"]


def test_a_spent_day_refuses_until_the_next_utc_day(world: World) -> None:
    here = capped(2, 1)
    signers(world, here, 3)
    world.clock.time += 200.0
    answer = refused(world, here)
    assert (answer.gate, answer.kind, answer.patient) == ("quota", Kind.QUOTA_EXHAUSTED, False)
    assert answer.wait_s == HALF_A_DAY_S - 200.0
    world.clock.time += answer.wait_s - 1.0
    assert refused(world, here).wait_s == 1.0
    world.clock.time += 1.0
    assert signers(world, here, 3) == ["main", "main", "spare"]
    assert refused(world, here).wait_s == DAY_S


def test_a_crowd_does_not_overshoot_the_cap(world: World) -> None:
    here = capped(3, 2)
    crowd = [begun(world, here) for _ in range(5)]
    refused(world, here)
    assert [it.grant.name for it in crowd if it.grant].count("main") == 3


def test_an_attempt_that_reached_nobody_is_given_back(world: World) -> None:
    here = capped(3)
    assert [signer(world, here, Kind.CONNECT_FAILED) for _ in range(5)] == ["main"] * 5
    assert signers(world, here, 4) == ["main"] * 3 + ["spare"]


def test_a_call_that_never_got_a_token_is_given_back(world: World) -> None:
    here = capped(1)
    for _ in range(3):
        unsigned = replace(begun(world, here), grant=None)
        world.gates.settle(unsigned, None)
    assert signers(world, here, 2) == ["main", "spare"]


def test_a_cancelled_attempt_may_have_been_counted_by_the_server(world: World) -> None:
    here = capped(1)
    world.gates.settle(begun(world, here), None)
    assert signer(world, here) == "spare"


def test_what_is_given_back_after_midnight_was_counted_yesterday(world: World) -> None:
    here = capped(1)
    late = begun(world, here)
    world.clock.time += HALF_A_DAY_S
    today = signer(world, here)
    world.settle(late, Kind.CONNECT_FAILED)
    assert [today, signer(world, here)] == ["main", "spare"]


def test_resends_are_counted_and_refused_at_the_cap(world: World) -> None:
    here = capped(2)
    first = begun(world, here)
    world.settle(first, Kind.UNAVAILABLE)
    again = replace(first, ordinal=2, region=EU)
    assert world.gates.readmit(again) is None
    world.settle(again, Kind.UNAVAILABLE)
    answer = world.gates.readmit(replace(first, ordinal=3, region=EU))
    assert answer == Refused("quota", HALF_A_DAY_S, Kind.QUOTA_EXHAUSTED)


def test_a_call_that_chooses_is_told_what_is_spent(world: World) -> None:
    here = capped(1)
    it = world.call(here)
    assert world.gates.told(it).holds == ()
    signer(world, here)
    until = world.clock.time + HALF_A_DAY_S
    assert world.gates.told(it).holds == (Hold("credential", "main", until),)


def test_a_callers_own_token_is_neither_counted_nor_stopped(world: World) -> None:
    here = capped(1, 1)
    own = Grant(None, Secret("mine"))
    for _ in range(3):
        world.settle(begun(world, here, own=own))
    assert signers(world, here, 2) == ["main", "spare"]
    world.settle(begun(world, here, own=own))


def test_a_wall_clock_that_jumps_moves_no_limit(world: World) -> None:
    class Jumping(FixedClock):
        by = timedelta()

        def wall(self) -> datetime:
            return WHEN + self.by

    clock = Jumping()
    it = World(clock=clock)
    here = capped(1, 1)
    signers(it, here, 2)
    for clock.by in (timedelta(days=3), timedelta(days=-3)):
        assert refused(it, here).wait_s == HALF_A_DAY_S


# What the server says is left.


def told(world: World, here: Destination, *windows: Window) -> Note | None:
    """A call is answered well, and the answer shows these windows."""
    return world.settle(begun(world, here), windows=windows)


def daily(remaining: float, resets_s: float | None = 7200.0, limit: float | None = 1000) -> Window:
    return Window("daily", remaining, limit, resets_s, DAY_S)


UNCAPPED = capped(None)


def test_another_credential_signs_where_the_server_says_that_little_is_left(world: World) -> None:
    told(world, UNCAPPED, daily(101))
    assert signer(world, UNCAPPED) == "main"
    told(world, UNCAPPED, daily(100))
    assert signer(world, UNCAPPED) == "spare"


def test_the_first_credential_is_back_at_the_servers_reset(world: World) -> None:
    told(world, UNCAPPED, daily(3))
    world.clock.time += 7199.0
    assert signer(world, UNCAPPED) == "spare"
    world.clock.time += 1.0
    assert signer(world, UNCAPPED) == "main"


def test_without_a_reset_it_is_back_on_the_next_utc_day(world: World) -> None:
    told(world, UNCAPPED, daily(3, resets_s=None))
    world.clock.time += HALF_A_DAY_S - 1.0
    assert signer(world, UNCAPPED) == "spare"
    world.clock.time += 1.0
    assert signer(world, UNCAPPED) == "main"


def test_with_no_other_credential_the_rest_is_used(world: World) -> None:
    alone = destination(credentials=(CredentialRule("main", Secret("m")),))
    told(world, alone, daily(3))
    assert signer(world, alone) == "main"


def test_nothing_left_by_the_servers_word_binds_until_its_reset(world: World) -> None:
    alone = destination(credentials=(CredentialRule("main", Secret("m")),))
    slow, late = begun(world, alone), begun(world, alone)
    world.settle(late, windows=(daily(0),))
    world.settle(slow, windows=(daily(1),))
    answer = refused(world, alone)
    assert (answer.gate, answer.kind, answer.wait_s) == ("quota", Kind.QUOTA_EXHAUSTED, 7200.0)
    world.clock.time += 7200.0
    assert signer(world, alone) == "main"


def test_the_longer_of_two_words_of_nothing_left_holds(world: World) -> None:
    alone = destination(credentials=(CredentialRule("main", Secret("m")),))
    slow, late = begun(world, alone), begun(world, alone)
    world.settle(late, windows=(daily(0, 7200.0),))
    world.settle(slow, windows=(daily(0, 7100.0),))
    assert refused(world, alone).wait_s == 7200.0


def test_a_short_window_is_a_throttle_and_moves_nobody(world: World) -> None:
    told(world, UNCAPPED, Window("burst", 0, 10, 20.0, 60.0))
    assert signer(world, UNCAPPED) == "main"


def test_the_policys_cap_stands_in_for_a_limit_that_is_not_told(world: World) -> None:
    told(world, UNCAPPED, daily(3, limit=None))
    assert signer(world, UNCAPPED) == "main"
    here = capped(50)
    it = World()
    told(it, here, daily(5, limit=None))
    assert signer(it, here) == "spare"


def test_no_answer_binds_for_longer_than_the_longest_hold(a_world: Callable[..., World]) -> None:
    world = a_world(hold_s=60.0)
    told(world, UNCAPPED, daily(0, resets_s=DAY_S * 365))
    world.clock.time += 60.0
    assert signer(world, UNCAPPED) == "main"


def test_the_servers_word_binds_nobody_where_the_pacer_is_off(
    a_world: Callable[..., World],
) -> None:
    world = a_world(pacer=False)
    assert told(world, UNCAPPED, daily(0)) is None
    assert signer(world, UNCAPPED) == "main"


def test_what_only_a_server_spoke_of_is_forgotten_with_its_time() -> None:
    main = UNCAPPED.credentials[0]
    quotas = Quotas(UNCAPPED.credentials, GateBounds(), Day())
    quotas.hears(main, [daily(0)], 100.0)
    quotas.forget(7299.0)
    assert list(quotas.known) == ["main"]
    quotas.forget(7300.0)
    assert quotas.known == {}


# I1: a key protects only under its account.


def keyed(account: str | None) -> Destination:
    return replace(
        capped(10, account=account),
        endpoints=(endpoint(idempotency="honoured"),),
    )


@pytest.mark.parametrize(
    ("account", "key", "who"),
    [(None, "k-1", "main"), ("one", "k-1", "spare"), (None, None, "spare")],
    ids=["another's perhaps", "the same account", "no key"],
)
def test_a_keyed_call_leaves_its_account_only_when_it_must(
    world: World, account: str | None, key: str | None, who: str
) -> None:
    here = keyed(account)
    signers(world, here, 9)
    assert signer(world, here, method="POST", key=key) == who
    if who == "main":
        assert signer(world, here, method="POST", key=key) == "spare"


# What an operator is told.


def test_the_signal_comes_once_for_near_and_once_for_spent(world: World) -> None:
    here = capped(10, 2)
    notes = [world.settle(begun(world, here)) for _ in range(12)]
    said = [(n, note.data) for n, note in enumerate(notes, start=1) if note is not None]
    assert [(n, data["event"], data["credential"], data["next"]) for n, data in said] == [
        (9, "credential_near_quota", "main", "spare"),
        (11, "credential_quota_spent", "spare", "main"),
        (12, "credential_quota_spent", "main", None),
    ]
    world.clock.time += HALF_A_DAY_S
    assert [world.settle(begun(world, here)) is not None for _ in range(9)].index(True) == 8


def test_the_signal_does_not_come_with_every_call_that_is_near(world: World) -> None:
    alone = destination(credentials=(CredentialRule("main", Secret("m"), daily_calls=100),))
    notes = [world.settle(begun(world, alone)) for _ in range(99)]
    assert [n for n, note in enumerate(notes, start=1) if note is not None] == [90]


def test_the_signal_names_use_cost_and_reset(world: World) -> None:
    here = capped(2, cost=Cost(0.1, "EUR"))
    world.settle(begun(world, here))
    note = world.settle(begun(world, here))
    assert note == Note(
        "CREDENTIAL_QUOTA_SIGNAL",
        {
            "event": "credential_quota_spent",
            "credential": "main",
            "tier": "primary",
            "daily_calls": 2,
            "resets_in_s": HALF_A_DAY_S,
            "used_calls": 2,
            "estimated_cost": 0.2,
            "currency": "EUR",
            "region": "us",
            "next": "spare",
        },
    )


def test_the_servers_word_is_news_too(world: World) -> None:
    note = told(world, UNCAPPED, daily(3))
    assert note is not None
    data = note.data
    assert (data["event"], data["resets_in_s"]) == ("credential_near_quota", 7200.0)
    assert "used_calls" not in data
    assert told(world, UNCAPPED) is None
