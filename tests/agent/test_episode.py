"""Dialogues with the loop: each test is one conversation, no network and no clock."""

from dataclasses import replace
from typing import Any

import pytest
from tests.support.building import (
    Bounds,
    Degrade,
    FixedClock,
    Rules,
    attempt,
    call,
    destination,
    endpoint,
    kit,
    reply,
    without,
)
from tests.support.playing import Play, play

from battle_healer.commands import (
    Acquire,
    Ask,
    Denied,
    Park,
    Ranking,
    Refresh,
    Send,
    Substitute,
    Wait,
)
from battle_healer.episode import episode
from battle_healer.gates.told import Hold, Told
from battle_healer.guardrails import GUARDRAILS, Guardrail
from battle_healer.model import Grant, Kind, Lost, Parked, Refused
from battle_healer.secret import Secret

NOT_PROCESSED = {"status": 500, "processed": False}
DOWN = reply(503, {"processed": False}, retry_after="30")
EXPIRED = reply(
    401, www_authenticate='Bearer error="invalid_token", error_description="The token expired"'
)
RENAME = {"op": "move", "from": "/amt", "path": "/amount"}
RENAMED = {"errors": [{"pointer": "/amt", "code": "unknown", "hint": RENAME}]}
OK = reply(200, {"id": "c1"})


def test_a_server_error_on_a_read_is_retried_after_full_jitter() -> None:
    outcome = play(episode(attempt(), reply(500), kit())).waits(0.025).sends(OK).ends("delivered")
    assert [step.action for step in outcome.steps] == ["retry"]
    assert (outcome.requests, outcome.effect, outcome.episode) == (2, "none", "ep-1")


def test_the_backoff_ceiling_doubles_with_each_unchanged_resend() -> None:
    one_place = attempt(call(at=destination(regions=(destination().regions[0],))))
    scene = play(episode(one_place, reply(500), kit()))
    scene.waits(0.025).sends(reply(500)).waits(0.05).sends(reply(500)).ends("failed")


def test_a_post_without_key_is_not_resent_when_it_may_have_taken_effect() -> None:
    outcome = play(episode(attempt(call("POST")), reply(500), kit())).ends("failed")
    assert (outcome.effect, outcome.requests) == ("unknown", 1)
    assert "no key protects it" in outcome.reason


def test_a_post_without_key_is_not_resent_after_a_lost_reply() -> None:
    outcome = play(episode(attempt(call("POST")), Lost("read"), kit())).ends("failed")
    assert outcome.effect == "unknown"


def test_a_post_that_never_reached_the_server_is_sent_to_the_next_region() -> None:
    scene = play(episode(attempt(call("POST")), Lost("connect"), kit()))
    scene.sends(OK, region="eu").ends("delivered")


def test_an_honoured_key_makes_an_ambiguous_post_safe_to_repeat() -> None:
    honours = destination(endpoints=(endpoint(idempotency="honoured"),))
    keyed = attempt(call("POST", at=honours, key="k1"))
    outcome = play(episode(keyed, reply(500), kit())).waits(0.025).sends(OK).ends("delivered")
    assert outcome.effect == "once"


def test_a_key_of_unknown_habits_protects_nothing_and_the_reason_says_so() -> None:
    outcome = play(episode(attempt(call("POST", key="k1")), reply(500), kit())).ends("failed")
    assert "idempotency: honoured" in outcome.reason


def test_a_stranger_who_says_not_processed_is_not_believed() -> None:
    stranger = destination(says_processed=False)
    outcome = play(episode(attempt(call("POST", at=stranger)), reply(500, NOT_PROCESSED), kit()))
    assert outcome.ends("failed").effect == "unknown"


def test_a_declared_server_who_says_not_processed_is_believed() -> None:
    scene = play(episode(attempt(call("POST")), reply(500, NOT_PROCESSED), kit()))
    assert scene.waits(0.025).sends(OK).ends("delivered").effect == "once"


def test_a_region_that_is_down_is_left_for_the_next_one() -> None:
    outcome = play(episode(attempt(), DOWN, kit())).sends(OK, region="eu").ends("delivered")
    assert outcome.steps[0].reason.startswith("region us does not answer well")


def test_when_every_region_is_down_a_wait_that_does_not_fit_ends_honestly() -> None:
    outcome = play(episode(attempt(), DOWN, kit())).sends(DOWN, region="eu").ends("failed")
    assert "does not fit" in outcome.reason


def test_when_every_region_is_down_the_server_is_waited_for_if_there_is_time() -> None:
    patient = attempt(call(deadline=500.0))
    scene = play(episode(patient, DOWN, kit())).sends(DOWN, region="eu")
    scene.waits(30.025).sends(OK, region="eu").ends("delivered")


def test_a_throttle_is_waited_for_and_no_other_region_is_tried() -> None:
    scene = play(episode(attempt(), reply(429, retry_after="2"), kit()))
    scene.waits(2.025).sends(OK, region="us").ends("delivered")


def test_a_throttle_without_a_time_backs_off_from_a_second() -> None:
    play(episode(attempt(), reply(429), kit())).waits(0.5).sends(OK, region="us")


def test_an_expired_token_is_refreshed_once_and_the_call_resent() -> None:
    scene = play(episode(attempt(), EXPIRED, kit()))
    scene.does(Refresh, credential="main", status=401).answer(Grant("main", Secret("t2")))
    outcome = scene.sends(OK, token="t2", region="us").ends("delivered")
    assert (outcome.requests, outcome.refreshes) == (2, 1)


def test_i3_a_refresh_waits_for_the_servers_own_time_too() -> None:
    patient = reply(401, {"code": "token_expired"}, retry_after="9")
    scene = play(episode(attempt(), patient, kit())).waits(9.0)
    scene.does(Refresh).answer(Grant("main", Secret("t2"))).sends(OK, token="t2").ends("delivered")


def test_a_fresh_token_that_is_refused_too_leads_to_the_next_credential() -> None:
    scene = play(episode(attempt(), EXPIRED, kit()))
    scene.does(Refresh).answer(Grant("main", Secret("t2"))).sends(EXPIRED, token="t2")
    scene.does(Acquire, credential="spare").answer(Grant("spare", Secret("t3")))
    scene.sends(OK, credential="spare").ends("delivered")


def test_a_refresh_that_is_denied_leads_to_the_next_credential() -> None:
    scene = play(episode(attempt(), EXPIRED, kit())).does(Refresh).answer(Denied("400"))
    scene.does(Acquire, credential="spare").answer(Grant("spare", Secret("t3")))
    scene.sends(OK, credential="spare").ends("delivered")


def test_a_credential_that_was_had_late_is_known_to_every_later_decision() -> None:
    honours = destination(endpoints=(endpoint(idempotency="honoured"),))
    unsigned = replace(attempt(call("POST", at=honours, key="k1")), grant=None)
    scene = play(episode(unsigned, Refused("credential main: no token"), kit()))
    scene.does(Acquire, credential="main").answer(Grant("main", Secret("t1")))
    scene.sends(reply(500), credential="main", region="eu").waits(0.025)
    # The first account may have acted: another one would not know the key.
    scene.sends(reply(402), credential="main").ends("failed")


def test_a_credential_that_cannot_be_had_sends_nothing_unsigned() -> None:
    unsigned = replace(attempt(), grant=None)
    scene = play(episode(unsigned, Refused("credential main: no token"), kit()))
    scene.does(Acquire, credential="main").answer(Denied("no token")).waits(0.025)
    scene.does(Acquire, credential="main").answer(Denied("no token"))
    assert scene.ends("failed").requests == 0


def test_nothing_is_sent_once_the_deadline_is_over() -> None:
    clock = FixedClock()
    scene = play(episode(attempt(), EXPIRED, kit(clock=clock))).does(Refresh)
    clock.time += 31.0
    outcome = scene.answer(Grant("main", Secret("t2"))).ends("failed")
    assert (outcome.requests, outcome.refreshes) == (1, 1)


def _asks_to_renew(guardrails: tuple[Guardrail, ...]) -> Play:
    """A keyed write that may have acted under the caller's own token, which has expired since."""
    honours = destination(endpoints=(endpoint(idempotency="honoured"),))
    own = attempt(call("POST", at=honours, key="k1"), grant=Grant(None, Secret("own")))
    scene = play(episode(own, reply(500), kit(guardrails=guardrails)))
    scene.waits(0.025).sends(EXPIRED)
    return scene.does(Refresh)


OTHERS = Grant("main", Secret("of another account"))


def test_a_refresh_of_the_callers_own_token_keeps_the_account_and_its_key() -> None:
    scene = _asks_to_renew(GUARDRAILS).answer(Grant(None, Secret("own, renewed")))
    assert scene.sends(OK, token="own, renewed").ends("delivered").effect == "once"


def test_i1_a_token_that_nobody_knows_any_more_is_not_replaced_after_a_doubtful_write() -> None:
    honours = destination(endpoints=(endpoint(idempotency="honoured"),))
    own = attempt(call("POST", at=honours, key="k1"), grant=Grant(None, Secret("own")))
    unknown = reply(401, www_authenticate='Bearer error="invalid_token"')
    scene = play(episode(own, reply(500), kit())).waits(0.025).sends(unknown)
    assert scene.ends("failed").effect == "unknown"


def test_i1_a_refresh_that_ends_in_anothers_token_repeats_no_write() -> None:
    outcome = _asks_to_renew(GUARDRAILS).answer(OTHERS).ends("failed")
    assert (outcome.requests, outcome.effect) == (2, "unknown")


def test_without_i1_it_would_be_repeated_under_the_other_account() -> None:
    _asks_to_renew(without("I1")).answer(OTHERS).does(Send, credential="main")


def test_a_revoked_token_is_never_refreshed() -> None:
    revoked = reply(
        401, www_authenticate='Bearer error="invalid_token", error_description="Token revoked"'
    )
    play(episode(attempt(), revoked, kit())).does(Acquire, credential="spare")


def test_a_spent_quota_leads_to_the_next_credential_without_its_wait() -> None:
    spent = reply(
        429,
        {"type": "https://iana.org/assignments/http-problem-types#quota-exceeded"},
        retry_after="7200",
    )
    scene = play(episode(attempt(), spent, kit())).does(Acquire, credential="spare")
    scene.answer(Grant("spare", Secret("t3"))).sends(OK, credential="spare").ends("delivered")


def test_a_renamed_field_is_repaired_once_the_policy_allows_it() -> None:
    mendable = destination(endpoints=(endpoint(repair=True),))
    refusal = reply(
        422,
        RENAMED,
    )
    scene = play(episode(attempt(call("POST", at=mendable, body=b'{"amt": 15}')), refusal, kit()))
    scene.sends(OK, json={"amount": 15}).ends("delivered")


def test_a_refusal_comes_back_as_it_came() -> None:
    refused = reply(404, {"title": "no such thing"})
    ending = play(episode(attempt(), refused, kit())).ending("failed")
    assert ending.trouble is refused
    assert ending.outcome.requests == 1


def test_every_wait_of_a_gate_of_ours_costs_no_request() -> None:
    scene = play(
        episode(
            attempt(call(at=destination(regions=(destination().regions[0],)))),
            Refused("breaker", 5.0),
            kit(),
        )
    )
    outcome = scene.waits(5.025).sends(OK, ordinal=1).ends("delivered")
    assert outcome.requests == 1


def test_the_gate_that_refused_a_call_is_named() -> None:
    gate = Refused("credential main: PAY_TOKEN is not set")
    scene = play(episode(attempt(), gate, kit(rules=Rules(bounds=Bounds(resends=0)))))
    reason = scene.sends(gate, region="eu").ends("failed").reason
    assert reason.startswith("refused (credential main: PAY_TOKEN is not set)")


def test_a_call_ends_at_its_bound_of_requests() -> None:
    bounded = kit(rules=Rules(bounds=Bounds(requests=2)))
    scene = play(episode(attempt(), reply(500), bounded)).waits(0.025).sends(reply(500))
    assert "bound of 2 requests" in scene.ends("failed").reason


def test_a_body_that_was_not_kept_is_not_sent_half() -> None:
    streamed = attempt(call("PUT", body=None, replayable=False))
    outcome = play(episode(streamed, reply(500), kit())).ends("failed")
    assert "without being kept" in outcome.reason


def test_a_server_whose_retry_budget_is_spent_is_left_alone() -> None:
    spent = reply(500, {"processed": False, "retry_budget": 0})
    outcome = play(episode(attempt(), spent, kit())).ends("failed")
    assert "retry budget" in outcome.reason


def test_what_cannot_be_healed_is_parked_where_a_queue_and_a_store_stand() -> None:
    queued = destination(endpoints=(endpoint(queue="payments", idempotency="honoured"),))
    keyed = attempt(call("POST", at=queued, key="k1"))
    scene = play(episode(keyed, DOWN, kit(can_park=True))).sends(DOWN, region="eu")
    outcome = scene.does(Park).answer(Parked("e1", durable=False)).ends("queued")
    assert outcome.queued == Parked("e1", durable=False)
    assert "does not survive" in outcome.reason


def test_without_a_store_there_is_no_queue() -> None:
    queued = destination(endpoints=(endpoint(queue="payments"),))
    scene = play(episode(attempt(call("POST", at=queued)), DOWN, kit())).sends(DOWN, region="eu")
    scene.ends("failed")


def test_a_store_that_refuses_makes_no_promise() -> None:
    queued = destination(endpoints=(endpoint(queue="payments"),))
    here = attempt(call("POST", at=queued))
    scene = play(episode(here, DOWN, kit(can_park=True))).sends(DOWN, region="eu")
    scene.does(Park).answer(Denied("disk full")).ends("failed")


def test_an_ambiguous_write_without_a_key_is_not_parked_either() -> None:
    queued = destination(endpoints=(endpoint(queue="payments"),))
    play(episode(attempt(call("POST", at=queued)), reply(500), kit(can_park=True))).ends("failed")


def test_a_read_degrades_where_the_policy_says_so_and_is_labelled() -> None:
    tiers = destination(
        endpoints=(endpoint(match="GET /charges", degrade=Degrade(("example",), example={})),)
    )
    scene = play(episode(attempt(call(at=tiers)), DOWN, kit())).sends(DOWN, region="eu")
    mocked = reply(200, {}, healer_degradation="mocked")
    outcome = scene.does(Substitute, tier="example").answer(mocked).ends("degraded")
    assert outcome.degradation == "mocked"


@pytest.mark.parametrize(
    ("label", "degradation"),
    [
        ({"x_degradation": "stale"}, "stale"),
        ({"x_degradation": "Stale-Cache"}, "stale"),
        ({"warning": '110 cache "Response is Stale"'}, "stale"),
        ({"x_degradation": "partial"}, "mocked"),
        ({"healer_outcome": "degraded", "healer_degradation": "stale"}, "stale"),
    ],
    ids=str,
)
def test_an_answer_that_is_labelled_old_is_called_stale(
    label: dict[str, str], degradation: str
) -> None:
    outcome = play(episode(attempt(), reply(200, {}, **label), kit())).ends("degraded")
    assert outcome.degradation == degradation


def test_a_write_does_not_degrade() -> None:
    tiers = destination(endpoints=(endpoint(degrade=Degrade(("example",), example={})),))
    here = attempt(call("POST", at=tiers))
    play(episode(here, DOWN, kit())).sends(DOWN, region="eu").ends("failed")


def test_a_planner_that_names_what_is_not_on_the_menu_is_not_heard() -> None:
    scene = play(episode(attempt(), reply(500), kit(planner="scripted"))).does(Ask)
    scene.answer(Ranking({"p99": 1.0}, "scripted")).waits(0.025).does(Send)


def test_a_planner_whose_probability_is_no_number_is_not_heard() -> None:
    scene = play(episode(attempt(), reply(500), kit(planner="scripted"))).does(Ask)
    outcome = scene.answer(Ranking({"p1": float("nan")}, "scripted")).waits(0.025).sends(OK)
    assert outcome.ends("delivered").steps[0].planner == "heuristic"


@pytest.mark.parametrize("chance", [10**400, -(10**400), True, "1", float("inf")], ids=repr)
def test_a_planner_whose_probability_is_absurd_is_not_heard(chance: Any) -> None:
    scene = play(episode(attempt(), reply(500), kit(planner="third")))
    scene.does(Ask).answer(Ranking({"p1": chance}, "third")).waits(0.025).sends(OK)
    assert scene.ends("delivered").steps[0].planner == "heuristic"


def test_a_planner_that_ranks_with_no_mapping_is_not_heard() -> None:
    ranking: Any = Ranking([("p1", 1.0)], "third")  # type: ignore[arg-type] # what it must not give
    scene = play(episode(attempt(), reply(500), kit(planner="third")))
    scene.does(Ask).answer(ranking).waits(0.025).sends(OK).ends("delivered")


def test_i7_the_words_of_a_planner_and_of_a_reply_are_shown_as_text() -> None:
    escape = "/\x1b[2J"
    renames = {"op": "move", "from": "/amt", "path": escape}
    told = {"errors": [{"pointer": "/amt", "code": "unknown", "hint": renames}]}
    at = destination(endpoints=(endpoint(repair=True),))
    it = attempt(call("POST", at=at, body=b'{"amt": 1}'))
    scene = play(episode(it, reply(422, told), kit(planner="third"))).does(Ask)
    ranking = Ranking({"p1": 1.0}, "third\x1b[31m", "\x1b[2J" + "a" * 10_000)
    step = scene.answer(ranking).sends(OK).ends("delivered").steps[0]
    assert step.action == "repair_request"
    assert "\x1b" not in step.reason + step.planner
    assert len(step.reason) < 1_000


def test_a_planner_is_asked_within_a_quarter_of_what_is_left() -> None:
    hurried = attempt(call(deadline=102.0))
    play(episode(hurried, reply(500), kit(planner="scripted"))).does(Ask, budget_s=0.5)


def test_the_planner_that_a_program_names_outranks_the_policy() -> None:
    says = destination(planner="evil")
    scene = play(episode(attempt(call(at=says)), reply(500), kit(planner="heuristic")))
    assert scene.waits(0.025).sends(OK).ends("delivered").steps[0].planner == "heuristic"
    play(episode(attempt(call(at=says)), reply(500), kit())).does(Ask, planner="evil")


@pytest.mark.parametrize("status", [500, 503, 429, 401, 422])
def test_the_story_of_each_step_is_told_while_it_happens(status: int) -> None:
    scene = play(episode(attempt(), reply(status), kit()))
    assert [note.name for note in scene.notes][:2] == ["EPISODE_BEGUN", "STEP"]


def patient(wait_s: float, **how: bool) -> Refused:
    return Refused("pacer", wait_s, Kind.RATE_LIMITED, patient=True, **how)


def test_a_gate_that_only_asks_for_time_gets_it_without_a_step() -> None:
    signed = attempt()
    scene = play(episode(signed, patient(5.0), kit()))
    outcome = scene.waits(5.025).sends(patient(1.0)).waits(1.025).sends(OK).ends("delivered")
    assert (outcome.steps, outcome.requests) == ((), 1)
    told = [(note.name, note.data["gate"]) for note in scene.notes]
    assert told == [("EPISODE_BEGUN", "pacer"), ("HELD", "pacer"), ("HELD", "pacer")]


def test_a_call_that_was_held_before_it_was_signed_is_signed_then() -> None:
    unsigned = replace(attempt(), grant=None)
    scene = play(episode(unsigned, patient(5.0), kit())).waits(5.025)
    scene.does(Acquire, credential="main").answer(Grant("main", Secret("t1")))
    expired = scene.sends(EXPIRED, credential="main", token="t1")
    expired.does(Refresh, credential="main").answer(Grant("main", Secret("t2")))
    scene.sends(OK, token="t2").ends("delivered")


def test_a_held_call_is_signed_by_a_credential_that_has_something_left() -> None:
    unsigned = replace(attempt(), grant=None)
    spent = kit(told=lambda call: Told((Hold("credential", "main", 9000.0),)))
    scene = play(episode(unsigned, patient(5.0), spent)).waits(5.025)
    scene.does(Acquire, credential="spare")


def test_failures_of_one_kind_with_different_causes_are_counted_apart() -> None:
    ambiguous = reply(500)
    told_no = reply(500, NOT_PROCESSED)
    here = kit(rules=Rules(bounds=Bounds(resends=1)))
    alone = attempt(call(at=destination(regions=(destination().regions[0],))))
    scene = play(episode(alone, told_no, here)).waits(0.025).sends(ambiguous)
    scene.waits(0.025).sends(told_no).ends("failed")


def test_a_token_that_one_region_refuses_may_be_had_in_the_next() -> None:
    us, eu = destination().regions
    ap = replace(eu, name="ap", url="https://ap.api.example", priority=3)
    unsigned = replace(attempt(call(at=destination(regions=(us, eu, ap)))), grant=None)
    scene = play(episode(unsigned, Refused("credential main"), kit()))
    scene.does(Acquire, region=eu).answer(Denied("down"))
    scene.does(Acquire, region=ap).answer(Grant("main", Secret("t1")))
    scene.sends(OK, region="ap").ends("delivered")


def test_a_patient_gate_holds_a_resend_too_and_the_plan_stays() -> None:
    scene = play(episode(attempt(), reply(500), kit())).waits(0.025).sends(patient(2.0))
    outcome = scene.waits(2.025).sends(OK, ordinal=2, region="us").ends("delivered")
    assert [step.action for step in outcome.steps] == ["retry"]


def test_a_gate_whose_time_does_not_fit_is_a_trouble_for_the_menu() -> None:
    outcome = play(episode(attempt(), patient(40.0), kit())).ends("failed")
    assert outcome.reason.startswith("rate limited (pacer); no retry")
    assert outcome.requests == 0


def test_a_resend_says_what_it_follows_and_a_paid_turn_is_not_charged_again() -> None:
    turn = Refused("retry budget", 1.0, patient=True, paid=True)
    scene = play(episode(attempt(), reply(500), kit())).waits(0.025)
    scene.sends(patient(2.0), after=Kind.SERVER_ERROR).waits(2.025)
    scene.sends(turn, after=Kind.SERVER_ERROR).waits(1.025)
    scene.sends(OK, after=None).ends("delivered")


def test_a_move_to_another_region_is_no_repetition() -> None:
    scene = play(episode(attempt(), DOWN, kit()))
    scene.sends(OK, region="eu", after=None).ends("delivered")


def test_a_refused_resend_ends_with_the_answer_that_came() -> None:
    shut = Refused("breaker", 60.0)
    alone = attempt(call(at=destination(regions=(destination().regions[0],))))
    first = reply(503, {"title": "down"})
    scene = play(episode(alone, first, kit())).waits(0.025).sends(shut)
    ending = scene.ending("failed")
    assert ending.trouble is first
    assert (ending.outcome.status, ending.outcome.requests) == (503, 1)
    assert ending.outcome.reason.startswith("unavailable (status 503); refused (breaker)")


def test_what_other_calls_were_told_binds_this_one() -> None:
    told = kit(told=lambda call: Told((Hold("destination", "", 107.0),)))
    scene = play(episode(attempt(), reply(500), told))
    scene.waits(7.025).sends(OK, region="us").ends("delivered")


def test_a_failure_at_a_place_that_is_known_to_be_down_is_not_waited_out() -> None:
    told = kit(told=lambda call: Told((Hold("region", "us", 105.0),)))
    scene = play(episode(attempt(), reply(500), told))
    outcome = scene.sends(OK, region="eu").ends("delivered")
    assert "stays down longer" in outcome.steps[0].reason


def test_a_move_goes_to_the_region_that_is_free_first() -> None:
    us, eu = destination().regions
    ap = replace(eu, name="ap", url="https://ap.api.example", priority=3)
    three = attempt(call(at=destination(regions=(us, eu, ap))))
    told = kit(told=lambda call: Told((Hold("region", "eu", 103.0),)))
    scene = play(episode(three, reply(503), told))
    scene.sends(OK, region="ap").ends("delivered")


def test_a_region_that_was_given_up_is_the_last_choice_and_no_wait() -> None:
    us, eu = destination().regions
    ap = replace(eu, name="ap", url="https://ap.api.example", priority=3)
    three = attempt(call(at=destination(regions=(us, eu, ap))))
    scene = play(episode(three, DOWN, kit(told=lambda call: Told(gone=frozenset({"eu"})))))
    scene.sends(DOWN, region="ap").sends(OK, region="eu").ends("delivered")


def test_a_credential_that_another_call_found_spent_is_rotated_at_once() -> None:
    spent = Refused("pacer", 3600.0, Kind.QUOTA_EXHAUSTED)
    scene = play(episode(attempt(), spent, kit())).does(Acquire, credential="spare")
    scene.answer(Grant("spare", Secret("t2"))).sends(OK, credential="spare").ends("delivered")


def test_a_call_that_was_begun_waits_for_a_breaker_while_its_time_lasts() -> None:
    clock = FixedClock()
    alone = attempt(call(at=destination(regions=(destination().regions[0],))))
    scene = play(episode(alone, reply(503), kit(clock=clock))).waits(0.025)
    for _ in range(5):
        scene.sends(Refused("breaker", 5.0)).does(Wait)
        clock.time += 5.025
        scene.answer(None)
    outcome = scene.sends(Refused("breaker", 5.0)).ends("failed")
    assert (outcome.requests, outcome.status) == (1, 503)
    assert "does not fit" in outcome.reason


def test_a_call_that_never_began_is_told_sooner() -> None:
    shut = Refused("breaker", 1.0)
    alone = attempt(call(at=destination(regions=(destination().regions[0],))))
    scene = play(episode(alone, shut, kit()))
    scene.waits(1.025).sends(shut).waits(1.05).sends(shut).ends("failed")
