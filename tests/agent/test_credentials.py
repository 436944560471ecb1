"""Tokens, decided without I/O: the test plays whoever carries out the steps."""

import json
from collections.abc import Generator
from typing import Any

import pytest
from tests.support.building import EU, US, FixedClock, call, destination

from battle_healer.commands import Acquire, Denied, Refresh
from battle_healer.credentials import Credentials, Follow, Lead
from battle_healer.errors import SettingsError
from battle_healer.model import Call, Grant, Lost, Reply
from battle_healer.posts import Post
from battle_healer.renewal import Source, read_source
from battle_healer.rules import CredentialRule, TokenCall
from battle_healer.secret import Secret

MINT = TokenCall("/tokens", {"userId": "u1"})
MINTED = CredentialRule("main", MINT, refresh=TokenCall("/refresh"))


def token(text: str, **more: Any) -> Reply:
    return Reply(
        200, (("content-type", "application/json"),), json.dumps({"token": text} | more).encode()
    )


def keys(clock: FixedClock | None = None) -> Credentials:
    return Credentials(clock or FixedClock())


def calling(rule: CredentialRule, **changes: Any) -> Call:
    return call(at=destination(credentials=(rule,)), **changes)


def refresh(of: Call, used: str | None, status: int = 401) -> Refresh:
    return Refresh(of, US, "main", Secret(used) if used else None, status)


class Leading:
    """Carries out the steps of a lead by a script of answers, and remembers what was posted."""

    def __init__(self, decision: object, *answers: Any) -> None:
        assert isinstance(decision, Lead), decision
        self.posts: list[Post] = []
        self.result: Grant | Denied | None = None
        self._lead, self._answers = decision, list(answers)

    def carry_out(self) -> Grant | Denied:
        steps: Generator[Any, Any, Any] = self._lead.steps
        answer: Any = None
        try:
            while True:
                step = steps.send(answer)
                if isinstance(step, Source):
                    answer = read_source(step)
                    continue
                self.posts.append(step)
                answer = self._answers.pop(0)
        except StopIteration as end:
            self.result = end.value
        finally:
            self._lead.finish(self.result)
        assert self.result is not None
        return self.result


def led(decision: object, *answers: Any) -> Grant | Denied:
    return Leading(decision, *answers).carry_out()


def secret(result: object) -> str:
    assert isinstance(result, Grant), result
    return result.token.reveal()


def why(result: object) -> str:
    assert isinstance(result, Denied), result
    return result.why


def test_a_fixed_token_is_current_without_any_exchange() -> None:
    rule = CredentialRule("main", Secret("t1"), header="X-Key", scheme="")
    grant = keys().current(destination(credentials=(rule,)), "main")
    assert grant == Grant("main", Secret("t1"), "X-Key", "")


def test_a_minted_token_is_fetched_once_and_then_current() -> None:
    pool, it = keys(), calling(MINTED)
    assert pool.current(it.destination, "main") is None
    lead = Leading(pool.acquire(Acquire(it, US, "main")), token("t1"))
    assert secret(lead.carry_out()) == "t1"
    assert [(p.url, json.loads(p.body)) for p in lead.posts] == [
        ("https://us.api.example/tokens", {"userId": "u1"})
    ]
    assert secret(pool.current(it.destination, "main")) == "t1"
    assert secret(pool.acquire(Acquire(it, US, "main"))) == "t1"


def test_a_refused_token_is_refreshed_by_one_and_followed_by_the_others() -> None:
    pool, it = keys(), calling(CredentialRule("main", Secret("t1"), refresh=TokenCall("/refresh")))
    pool.current(it.destination, "main")
    lead = Leading(pool.refresh(refresh(it, "t1")), token("t2"))
    follower = pool.refresh(refresh(it, "t1"))
    assert isinstance(follower, Follow)
    assert not follower.result.done()
    assert secret(lead.carry_out()) == "t2"
    assert secret(follower.result.result(0)) == "t2"
    assert json.loads(lead.posts[0].body) == {"token": "t1", "failure_status": 401}
    # Late: its 401 is of the token before.
    assert secret(pool.refresh(refresh(it, "t1"))) == "t2"


def test_a_follower_leads_when_the_leader_was_cancelled() -> None:
    pool, it = keys(), calling(MINTED)
    first = pool.acquire(Acquire(it, US, "main"))
    second = pool.acquire(Acquire(it, US, "main"))
    assert isinstance(first, Lead)
    assert isinstance(second, Follow)
    first.finish(None)
    assert second.result.result(0) is None
    assert secret(led(pool.acquire(Acquire(it, US, "main")), token("t1"))) == "t1"


def test_a_callers_own_token_is_replaced_for_its_holder_alone() -> None:
    pool = keys()
    it = calling(MINTED, own=Grant(None, Secret("mine"), "Authorization", "Bearer"))
    lead = Leading(pool.refresh(refresh(it, "mine")), token("mine-2"))
    got = lead.carry_out()
    assert got == Grant(None, Secret("mine-2"))
    assert json.loads(lead.posts[0].body)["token"] == "mine"
    assert pool.current(it.destination, "main") is None
    assert secret(pool.refresh(refresh(it, "mine"))) == "mine-2"
    # Another caller's token is another matter.
    other = calling(MINTED, own=Grant(None, Secret("theirs")))
    assert isinstance(pool.refresh(refresh(other, "theirs")), Lead)


def test_the_successor_of_an_own_token_stays_the_callers_own() -> None:
    pool = keys()
    it = calling(MINTED, own=Grant(None, Secret("mine")))
    led(pool.refresh(refresh(it, "mine")), token("mine-2"))
    assert led(pool.refresh(refresh(it, "mine-2")), token("mine-3")) == Grant(
        None, Secret("mine-3")
    )
    assert pool.current(it.destination, "main") is None


def test_the_same_token_handed_back_is_no_refresh() -> None:
    pool, it = keys(), calling(MINTED)
    led(pool.acquire(Acquire(it, US, "main")), token("t1"))
    assert "back" in why(led(pool.refresh(refresh(it, "t1")), token("t1")))


def test_a_refused_refresh_is_followed_by_the_source_once() -> None:
    pool, it = keys(), calling(MINTED)
    led(pool.acquire(Acquire(it, US, "main")), token("t1"))
    lead = Leading(
        pool.refresh(refresh(it, "t1")), Reply(400, (), b'{"error": "invalid_grant"}'), token("t9")
    )
    assert secret(lead.carry_out()) == "t9"
    assert [p.url.rpartition("/")[2] for p in lead.posts] == ["refresh", "tokens"]


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (Reply(200, (), b"<html>login</html>"), "not JSON"),
        (Reply(200, (), b"[1]"), "no object"),
        (Reply(200, (), b'{"token": 7}'), "without a usable token"),
        (Reply(200, (), b'{"token": "a\\nX-Evil: 1"}'), "without a usable token"),
        (Reply(200, (), b'{"token": ""}'), "without a usable token"),
        (Reply(200, (), None), "too long"),
        (Reply(200, (), b'{"token": "t', truncated=True), "cut off"),
        (Reply(302, (("location", "https://evil.example"),), b""), "answered 302"),
        (Reply(500, (), b""), "answered 500"),
        (Reply(429, (), b""), "answered 429"),
        (Lost("wait", "timed out", True), "timed out"),
        (Lost("connect"), "connect"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_gives_no_token_is_a_reason_and_no_second_try(answer: Any, reason: str) -> None:
    pool, it = keys(), calling(MINTED)
    led(pool.acquire(Acquire(it, US, "main")), token("t1"))
    lead = Leading(pool.refresh(refresh(it, "t1")), answer)
    assert reason in why(lead.carry_out())
    assert len(lead.posts) == 1


def test_a_failed_refresh_is_not_stormed_and_tried_again_later() -> None:
    clock = FixedClock()
    pool, it = keys(clock), calling(MINTED)
    led(pool.acquire(Acquire(it, US, "main")), token("t1"))
    led(pool.refresh(refresh(it, "t1")), Reply(500, (), b""))
    assert "500" in why(pool.refresh(refresh(it, "t1")))
    clock.time += 6
    assert secret(led(pool.refresh(refresh(it, "t1")), token("t2"))) == "t2"


@pytest.mark.parametrize(
    "answer",
    [
        Reply(429, (("Retry-After", "60"),), b""),
        Reply(429, (), b'{"retry_after_seconds": 60}'),
        Reply(503, (("Retry-After", "Sun, 01 Mar 2026 12:01:00 GMT"),), b"<html>"),
    ],
    ids=["header", "body", "date"],
)
def test_i3_a_token_is_not_asked_for_before_the_servers_own_time(answer: Reply) -> None:
    clock = FixedClock()
    pool, it = keys(clock), calling(MINTED, deadline=1000.0)
    led(pool.acquire(Acquire(it, US, "main")), token("t1"))
    led(pool.refresh(refresh(it, "t1")), answer)
    clock.time += 59
    assert str(answer.status) in why(pool.refresh(refresh(it, "t1")))
    clock.time += 1
    assert secret(led(pool.refresh(refresh(it, "t1")), token("t2"))) == "t2"


def test_a_life_that_no_clock_can_count_is_no_end() -> None:
    pool, it = keys(), calling(MINTED)
    answer = Reply(200, (), b'{"token": "t1", "expires_in": 1%s}' % (b"0" * 400))
    assert secret(led(pool.acquire(Acquire(it, US, "main")), answer)) == "t1"
    assert secret(pool.current(it.destination, "main")) == "t1"


def test_a_renewal_that_failed_in_one_region_may_succeed_in_another() -> None:
    pool, it = keys(), calling(MINTED)
    led(pool.acquire(Acquire(it, US, "main")), token("t1"))
    led(pool.refresh(refresh(it, "t1")), Reply(503, (), b""))
    elsewhere = Refresh(it, EU, "main", Secret("t1"), 401)
    assert secret(led(pool.refresh(elsewhere), token("t2"))) == "t2"


def test_a_leader_whose_time_is_over_denies_nobody_who_has_more() -> None:
    clock = FixedClock()
    pool, brief, patient = keys(clock), calling(MINTED, deadline=101.0), calling(MINTED)
    lead = Leading(pool.acquire(Acquire(brief, US, "main")), Lost("wait", "timed out", True))
    follower = pool.acquire(Acquire(patient, US, "main"))
    assert isinstance(follower, Follow)
    clock.time = 101.5
    assert "deadline" in why(lead.carry_out())
    assert follower.result.result(0) is None
    assert secret(led(pool.acquire(Acquire(patient, US, "main")), token("t1"))) == "t1"


def test_a_refused_own_token_falls_back_to_the_credential() -> None:
    pool, it = keys(), calling(MINTED, own=Grant(None, Secret("mine")))
    refused = Reply(401, (), b"{}")
    got = led(pool.refresh(refresh(it, "mine")), refused, token("t1"))
    assert got == Grant("main", Secret("t1"))


def test_a_token_that_ended_is_renewed_before_it_is_sent() -> None:
    clock = FixedClock()
    pool, it = keys(clock), calling(MINTED, deadline=1000.0)
    led(pool.acquire(Acquire(it, US, "main")), token("t1", expires_in=60))
    clock.time += 61
    assert pool.current(it.destination, "main") is None
    lead = Leading(pool.acquire(Acquire(it, US, "main")), token("t2"))
    assert secret(lead.carry_out()) == "t2"
    assert json.loads(lead.posts[0].body) == {"token": "t1"}


def test_a_token_and_its_life_stand_where_the_policy_says() -> None:
    clock = FixedClock()
    how = TokenCall("/tokens", {}, token="/data/key", expires_in="/data/ttl")
    pool, it = keys(clock), calling(CredentialRule("main", how))
    answer = Reply(200, (), b'{"token": "decoy", "data": {"key": "t1", "ttl": 5}}')
    assert secret(led(pool.acquire(Acquire(it, US, "main")), answer)) == "t1"
    clock.time += 6
    assert pool.current(it.destination, "main") is None


def test_a_callable_source_is_asked_again_when_its_token_is_refused() -> None:
    tokens = iter(["t1", "t2", "t2"])
    pool, it = keys(), calling(CredentialRule("main", lambda: Secret(next(tokens))))
    assert secret(led(pool.acquire(Acquire(it, US, "main")))) == "t1"
    assert secret(led(pool.refresh(refresh(it, "t1")))) == "t2"
    assert "no newer token" in why(led(pool.refresh(refresh(it, "t2"))))


def test_a_source_that_fails_says_why_in_our_words() -> None:
    def missing() -> Secret:
        raise SettingsError("PAY_TOKEN is not set", "healer.yaml:7", "Export it.")

    def broken() -> Secret:
        raise ValueError("tok-secret")

    ours, theirs = (calling(CredentialRule("main", source)) for source in (missing, broken))
    assert "PAY_TOKEN is not set" in why(led(keys().acquire(Acquire(ours, US, "main"))))
    reason = why(led(keys().acquire(Acquire(theirs, US, "main"))))
    assert "ValueError" in reason
    assert "tok-secret" not in reason


@pytest.mark.parametrize(
    "target", ["https://evil.example/refresh", "http://us.api.example/refresh"]
)
def test_i2_a_token_is_never_posted_to_an_undeclared_address(target: str) -> None:
    it = calling(CredentialRule("main", Secret("t1"), refresh=TokenCall(target)))
    lead = Leading(keys().refresh(refresh(it, "t1")))
    assert "no declared address" in why(lead.carry_out())
    assert lead.posts == []


def test_no_exchange_begins_after_the_deadline() -> None:
    clock = FixedClock()
    it = calling(MINTED)
    clock.time = it.deadline
    lead = Leading(keys(clock).acquire(Acquire(it, US, "main")))
    assert "deadline" in why(lead.carry_out())
    assert lead.posts == []


def test_i2_no_token_shows_in_what_waits_or_decides() -> None:
    pool, it = keys(), calling(MINTED, own=Grant(None, Secret("tok-own")))
    decision = pool.refresh(refresh(it, "tok-own"))
    lead = Leading(decision, token("tok-new"))
    got = lead.carry_out()
    assert "tok-" not in f"{decision!r} {lead.posts!r} {got!r} {it!r}"
