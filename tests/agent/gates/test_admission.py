"""Admission: where calls go, who is refused, and that nothing stays taken."""

from collections.abc import Callable

import pytest
from tests.agent.gates.conftest import World
from tests.support.building import EU, US, destination

from battle_healer.gates.told import Hold, Told
from battle_healer.model import Attempt, Grant, Kind, Refused
from battle_healer.rules import Destination, GateBounds, Region
from battle_healer.secret import Secret

AP = Region("ap", "https://ap.api.example", 3)


def own(token: str) -> Grant:
    return Grant(None, Secret(token))


def refused(answer: object) -> Refused:
    assert isinstance(answer, Refused), answer
    return answer


def sick(world: World, **where: Destination) -> None:
    """Twenty failures at home: its breaker opens."""
    for _ in range(20):
        world.ends(world.call(**where), Kind.CONNECT_FAILED)


def gave_up_home(world: World) -> None:
    """A call that is answered 410 at home is served elsewhere."""
    it = world.call()
    first = world.begin(it)
    assert isinstance(first, Attempt)
    world.settle(first, Kind.NOT_FOUND, gone=True)
    moved = Attempt(it, 2, EU, None)
    assert world.gates.readmit(moved) is None
    world.settle(moved)


def test_a_yes_allocates_nothing(world: World) -> None:
    it = world.call()
    assert world.gates.admit(it) is world.gates.admit(it)


def test_a_region_that_is_known_to_be_down_is_avoided(world: World) -> None:
    sick(world)
    assert world.ends(world.call()) == EU


def test_calls_are_at_home_again_after_one_good_probe(world: World) -> None:
    sick(world)
    world.clock.time += 5.0
    probe = world.begin(world.call())
    assert isinstance(probe, Attempt)
    assert probe.region == US
    assert world.ends(world.call()) == EU
    world.settle(probe)
    assert world.ends(world.call()) == US


def test_a_bad_probe_keeps_calls_away_for_another_while(world: World) -> None:
    sick(world)
    world.clock.time += 5.0
    assert world.ends(world.call(), Kind.TIMEOUT) == US
    assert world.ends(world.call()) == EU
    world.clock.time += 4.9
    assert world.ends(world.call()) == EU


def test_regions_stand_in_by_priority(world: World) -> None:
    here = destination(regions=(EU, AP, US))
    world.ends(world.call(here, home=US), Kind.UNAVAILABLE, 60.0)
    assert world.ends(world.call(here, home=US)) == EU
    world.ends(world.call(here, home=EU), Kind.UNAVAILABLE, 60.0)
    assert world.ends(world.call(here, home=US)) == AP


def test_with_every_region_down_the_gate_says_when_home_is_due(world: World) -> None:
    world.ends(world.call(), Kind.UNAVAILABLE, 9.0)
    world.ends(world.call(), Kind.UNAVAILABLE, 4.0)
    answer = refused(world.begin(world.call()))
    assert (answer.gate, answer.wait_s, answer.patient) == ("breaker", 9.0, False)


def test_a_wait_for_a_place_binds_that_place_alone_until_its_time(world: World) -> None:
    world.ends(world.call(), Kind.UNAVAILABLE, 30.0)
    world.clock.time += 29.0
    assert world.ends(world.call()) == EU
    world.clock.time += 1.0
    assert world.ends(world.call()) == US


def test_a_throttle_binds_all_regions_and_credentials(world: World) -> None:
    world.ends(world.call(), Kind.RATE_LIMITED, 3.0)
    answer = refused(world.begin(world.call()))
    assert (answer.gate, answer.wait_s, answer.patient) == ("pacer", 3.0, True)
    later = Attempt(world.call(), 2, EU, Grant("spare", Secret("x")))
    assert refused(world.gates.readmit(later)).gate == "pacer"
    world.clock.time += 3.0
    assert world.gates.readmit(later) is None


def test_the_longer_of_two_throttles_holds(world: World) -> None:
    first, second = world.begin(world.call()), world.begin(world.call())
    assert isinstance(first, Attempt)
    assert isinstance(second, Attempt)
    world.settle(first, Kind.RATE_LIMITED, 9.0)
    world.settle(second, Kind.RATE_LIMITED, 2.0)
    assert refused(world.begin(world.call())).wait_s == 9.0


def test_another_destination_is_not_throttled(world: World) -> None:
    world.ends(world.call(), Kind.RATE_LIMITED, 3.0)
    other = destination(name="other", regions=(AP,))
    assert world.ends(world.call(other)) == AP


def test_callers_with_tokens_of_their_own_do_not_slow_one_another(world: World) -> None:
    world.ends(world.call(own=own("a")), Kind.RATE_LIMITED, 3.0)
    assert world.ends(world.call(own=own("b"))) == US
    assert world.ends(world.call()) == US
    assert refused(world.begin(world.call(own=own("a")))).gate == "pacer"


def test_what_the_policys_own_calls_are_told_binds_strangers_too(world: World) -> None:
    world.ends(world.call(), Kind.RATE_LIMITED, 3.0)
    answer = refused(world.begin(world.call(own=own("a"))))
    assert (answer.gate, answer.wait_s) == ("pacer", 3.0)
    held = Hold("destination", "", world.clock.time + 3.0)
    assert world.gates.told(world.call(own=own("a"))).holds == (held,)


def test_a_spent_credential_hands_over_to_the_next(world: World) -> None:
    world.ends(world.call(), Kind.QUOTA_EXHAUSTED, 3600.0)
    next_one = world.begin(world.call())
    assert isinstance(next_one, Attempt)
    assert next_one.grant is not None
    assert next_one.grant.name == "spare"
    world.settle(next_one, Kind.QUOTA_EXHAUSTED, 7200.0)
    answer = refused(world.begin(world.call()))
    assert (answer.kind, answer.wait_s) == (Kind.QUOTA_EXHAUSTED, 3600.0)
    world.clock.time += 3600.0
    again = world.begin(world.call())
    assert isinstance(again, Attempt)
    assert again.grant is not None
    assert again.grant.name == "main"


def test_a_spent_token_of_a_caller_is_no_concern_of_another(world: World) -> None:
    world.ends(world.call(own=own("a")), Kind.QUOTA_EXHAUSTED, 3600.0)
    assert world.ends(world.call(own=own("b"))) == US
    answer = refused(world.begin(world.call(own=own("a"))))
    assert answer.kind is Kind.QUOTA_EXHAUSTED


@pytest.mark.parametrize("kind", [Kind.IN_PROGRESS, Kind.CONFLICT, Kind.NOT_FOUND])
def test_a_wait_that_concerns_one_call_binds_no_other(world: World, kind: Kind) -> None:
    world.ends(world.call(), kind, 30.0)
    assert world.ends(world.call()) == US


def test_no_answer_binds_others_for_longer_than_a_day(world: World) -> None:
    world.ends(world.call(), Kind.RATE_LIMITED, 365 * 86_400.0)
    assert refused(world.begin(world.call())).wait_s == 86_400.0


def test_a_pacer_that_is_off_leaves_others_alone(a_world: Callable[..., World]) -> None:
    world = a_world(pacer=False)
    world.ends(world.call(), Kind.RATE_LIMITED, 30.0)
    world.ends(world.call(), Kind.UNAVAILABLE, 30.0)
    assert world.ends(world.call()) == US


def test_a_full_region_makes_the_next_wait_until_one_has_ended(
    a_world: Callable[..., World],
) -> None:
    world = a_world(concurrency=2)
    alone = destination(regions=(US,))
    first, second = world.begin(world.call(alone)), world.begin(world.call(alone))
    third = refused(world.begin(world.call(alone)))
    assert (third.gate, third.patient) == ("concurrency", True)
    assert isinstance(first, Attempt)
    assert isinstance(second, Attempt)
    world.gates.settle(first, None)
    assert isinstance(world.begin(world.call(alone)), Attempt)


def test_the_breaker_is_asked_before_every_attempt(world: World) -> None:
    under_way = world.begin(world.call())
    assert isinstance(under_way, Attempt)
    sick(world)
    world.settle(under_way, Kind.CONNECT_FAILED)
    assert refused(world.gates.readmit(under_way)).gate == "breaker"


def test_nobody_pays_for_an_attempt_that_another_gate_refuses(world: World) -> None:
    sick(world)
    again = Attempt(world.call(), 2, US, None, after=Kind.TIMEOUT)
    for _ in range(100):
        assert refused(world.gates.readmit(again)).gate == "breaker"
    elsewhere = Attempt(world.call(), 2, EU, None, after=Kind.TIMEOUT)
    assert [world.gates.readmit(elsewhere) for _ in range(35)] == [None] * 35
    assert refused(world.gates.readmit(elsewhere)).gate == "retry budget"


def test_nothing_begins_after_the_deadline(world: World) -> None:
    late = Attempt(world.call(), 2, US, None)
    world.clock.time += 30.0
    assert refused(world.gates.readmit(late)).gate == "deadline"


def test_a_region_is_gone_where_another_one_serves_what_it_gave_up(world: World) -> None:
    it = world.call()
    first = world.begin(it)
    assert isinstance(first, Attempt)
    world.settle(first, Kind.NOT_FOUND, gone=True)
    assert world.ends(world.call()) == US, "one 410 may mean the thing, not the place"
    gave_up_home(world)
    world.clock.time += 3599.0
    assert world.ends(world.call()) == EU
    world.clock.time += 1.0
    assert world.ends(world.call()) == US


def test_a_region_that_serves_a_call_is_not_gone(world: World) -> None:
    gave_up_home(world)
    assert world.gates.told(world.call()) == Told(gone=frozenset({"us"}))
    back = Attempt(world.call(), 1, US, None)
    assert world.gates.readmit(back) is None
    world.settle(back)
    assert world.ends(world.call()) == US


def test_what_is_gone_everywhere_says_nothing_of_a_region(world: World) -> None:
    it = world.call()
    first = world.begin(it)
    assert isinstance(first, Attempt)
    world.settle(first, Kind.NOT_FOUND, gone=True)
    moved = Attempt(it, 2, EU, None)
    world.gates.readmit(moved)
    world.settle(moved, Kind.NOT_FOUND, gone=True)
    assert world.ends(world.call()) == US


def test_a_call_knows_what_the_others_were_told(world: World) -> None:
    now = world.clock.time
    world.ends(world.call(own=own("a")), Kind.RATE_LIMITED, 9.0)
    world.ends(world.call(), Kind.QUOTA_EXHAUSTED, 60.0)
    world.ends(world.call(), Kind.UNAVAILABLE, 30.0)
    assert set(world.gates.told(world.call()).holds) == {
        Hold("credential", "main", now + 60.0), Hold("region", "us", now + 30.0),
    }  # fmt: skip
    assert Hold("destination", "", now + 9.0) in world.gates.told(world.call(own=own("a"))).holds


def test_what_is_over_is_forgotten_whoever_asks(world: World) -> None:
    for number in range(1500):
        world.ends(world.call(own=own(f"token-{number}")), Kind.RATE_LIMITED, 3.0)
    spot = world.gates._spots[US.url]
    assert len(spot.api.pacer.told) == 1000
    world.clock.time += 3.0
    world.ends(world.call())
    assert not spot.api.pacer.told


def test_a_destination_may_have_bounds_of_its_own(world: World) -> None:
    narrow = destination(regions=(US,), gates=GateBounds(concurrency=1))
    world.begin(world.call(narrow))
    assert refused(world.begin(world.call(narrow))).gate == "concurrency"


def stranger(number: int) -> Destination:
    region = Region("only", f"https://host-{number}.example")
    return Destination(f"host-{number}", (region,), declared=False)


def test_addresses_that_nobody_declared_are_forgotten_the_longest_unused_first(
    world: World,
) -> None:
    regular = stranger(0).regions[0].url
    world.ends(world.call(stranger(0)))
    known = world.gates._spots[regular]
    for number in range(3000):
        world.clock.time += 1.0
        world.ends(world.call(stranger(0)))
        world.ends(world.call(stranger(number)))
        assert len(world.gates._spots) <= 1000
    assert world.gates._spots[regular] is known


def test_an_address_is_not_forgotten_while_it_keeps_somebody_waiting(world: World) -> None:
    down, slow, busy = stranger(1), stranger(2), stranger(3)
    world.ends(world.call(down), Kind.UNAVAILABLE, 60.0)
    world.ends(world.call(slow), Kind.RATE_LIMITED, 60.0)
    under_way = world.begin(world.call(busy))
    assert isinstance(under_way, Attempt)
    for number in range(10, 3000):
        world.clock.time += 0.001
        world.ends(world.call(stranger(number)))
    assert refused(world.begin(world.call(down))).gate == "breaker"
    assert refused(world.begin(world.call(slow))).gate == "pacer"
    world.settle(under_way)
    assert world.gates._spots[busy.regions[0].url].concurrency.in_flight == 0


def test_where_all_keep_somebody_waiting_the_one_that_is_over_first_is_forgotten(
    world: World,
) -> None:
    for number in range(3000):
        world.ends(world.call(stranger(number)), Kind.UNAVAILABLE, 60.0 + number)
    assert len(world.gates._spots) <= 1000
    assert refused(world.begin(world.call(stranger(2999)))).gate == "breaker"
