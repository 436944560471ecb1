"""Each guardrail: the plan that it stops, and that nothing else stops it.

A row is one harmful plan. It must be vetoed by its invariant, and pass when that guardrail alone
is taken out: so a guardrail that is removed, or that another one hides, turns its test red.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest
from tests.support.building import (
    EU,
    MAIN,
    SPARE,
    US,
    attempt,
    call,
    destination,
    endpoint,
    reply,
    without,
)

from battle_healer.guardrails import GUARDRAILS, Guardrail
from battle_healer.model import (
    Adapted,
    Call,
    Diagnosis,
    Grant,
    Kind,
    Operation,
    OutcomeKind,
    Plan,
)
from battle_healer.rules import Bounds, Region
from battle_healer.secret import Secret
from battle_healer.story import Story

LOST = Diagnosis(Kind.SERVER_ERROR, "maybe", "unchanged")
NOT_DONE = Diagnosis(Kind.SERVER_ERROR, "no", "unchanged")
HERE = Plan("retry", "test", region=US, credential="main", wait_s=0.1)


def story(diagnosis: Diagnosis, of: Call | None = None, *, own: bool = False) -> Story:
    it = of or call()
    signed = attempt(it, grant=Grant(None, Secret("own"))) if own else attempt(it)
    return Story(it, 100.0).saw(signed, reply(500), diagnosis, 100.0)


def again(first: Story, times: int) -> Story:
    for _ in range(times):
        seen = first.last
        first = first.saw(seen.attempt, seen.trouble, seen.diagnosis, first.now, unchanged=True)
    return first


@dataclass(frozen=True)
class Harm:
    """A plan that a guardrail must stop."""

    id: str
    plan: Plan
    story: Callable[[], Story]


def _honoured() -> Call:
    return call("POST", key="k", at=destination(endpoints=(endpoint(idempotency="honoured"),)))


def _one_account() -> Call:
    ours = tuple(replace(rule, account="acme") for rule in (MAIN, SPARE))
    honours = (endpoint(idempotency="honoured"),)
    return call("POST", key="k", at=destination(endpoints=honours, credentials=ours))


def _throttled() -> Story:
    return story(Diagnosis(Kind.RATE_LIMITED, "no", "unchanged", wait_s=2.0))


def _protects() -> Story:
    guarded = destination(endpoints=(endpoint(protected=("/amount",)),))
    return story(Diagnosis(Kind.INVALID_REQUEST, "no", "changed"), call("POST", at=guarded))


def _spent() -> Story:
    return story(replace(NOT_DONE, retry_budget=0))


def _refreshed() -> Story:
    first = story(Diagnosis(Kind.CREDENTIAL_EXPIRED, "no", "changed", credential="expired"))
    grant = first.grant
    assert grant is not None
    return first.refreshed_token(grant.token.digest(), 100.0)


RENAME = Operation("move", "/amount", source="/amt", evidence="422 names it")
HARMS = [
    Harm("I1-unkeyed-post-again", HERE, lambda: story(LOST, call("POST"))),
    Harm("I1-unkeyed-post-elsewhere", replace(HERE, region=EU), lambda: story(LOST, call("POST"))),
    Harm(
        "I1-unkeyed-post-parked",
        Plan("queue", "test", queue="q", ends=OutcomeKind.QUEUED),
        lambda: story(LOST, call("POST")),
    ),
    Harm(
        "I1-key-of-unknown-habits",
        HERE,
        lambda: story(LOST, call("POST", key="k1")),
    ),
    Harm(
        "I1-key-under-another-account",
        replace(HERE, action="rotate_credential", credential="spare"),
        lambda: story(LOST, _honoured()),
    ),
    Harm(
        "I1-parked-for-another-account",
        Plan("queue", "test", queue="q", ends=OutcomeKind.QUEUED),
        lambda: story(LOST, _honoured(), own=True),
    ),
    Harm("I1-half-a-body", HERE, lambda: story(NOT_DONE, call("PUT", replayable=False))),
    Harm(
        "I1-an-older-attempt-was-ambiguous",
        HERE,
        lambda: (s := story(LOST, call("POST"))).saw(s.last.attempt, reply(503), NOT_DONE, 100.0),
    ),
    Harm("I2-undeclared-credential", replace(HERE, credential="other"), lambda: story(NOT_DONE)),
    Harm("I3-throttle", HERE, _throttled),
    Harm("I3-throttle-binds-every-region", replace(HERE, region=EU), _throttled),
    Harm("I3-throttle-binds-every-credential", replace(HERE, credential="spare"), _throttled),
    Harm("I4-deadline", replace(HERE, wait_s=30.0), lambda: story(NOT_DONE)),
    Harm(
        "I4-requests",
        replace(HERE, action="repair_request"),
        lambda: again(story(NOT_DONE), 7),
    ),
    Harm("I4-resends", HERE, lambda: again(story(NOT_DONE), 2)),
    Harm(
        "I4-repairs",
        replace(HERE, action="repair_request"),
        lambda: replace(story(NOT_DONE), repairs=2),
    ),
    Harm(
        "I4-rotations",
        replace(HERE, action="rotate_credential", credential="spare"),
        lambda: replace(story(NOT_DONE), rotations=2),
    ),
    Harm(
        "I4-fail-overs",
        replace(HERE, action="fail_over", region=EU),
        lambda: replace(story(NOT_DONE), fail_overs=1),
    ),
    Harm(
        "I4-second-refresh-of-a-token",
        replace(HERE, action="refresh_credential", refresh=True),
        _refreshed,
    ),
    Harm("I4-retry-budget-of-the-server", HERE, _spent),
    Harm("I5-protected", replace(HERE, operations=(RENAME,)), _protects),
    Harm(
        "I5-parent-of-protected",
        replace(HERE, operations=(Operation("replace", "", {}, evidence="422 names it"),)),
        _protects,
    ),
    Harm("I5-invented", replace(HERE, operations=(Operation("add", "/note", "x"),)), _protects),
    Harm(
        "I6-substitute-for-a-write",
        Plan("degrade", "test", tier="example", ends=OutcomeKind.DEGRADED),
        lambda: story(NOT_DONE, call("POST")),
    ),
    Harm(
        "I6-half-an-answer",
        Plan(
            "adapt_response",
            "test",
            adapted=Adapted(b"{}", (), complete=False),
            ends=OutcomeKind.DELIVERED,
        ),
        lambda: story(Diagnosis(Kind.DRIFTED, "yes", "never")),
    ),
    Harm("I7-negative-wait", replace(HERE, wait_s=-1.0), lambda: story(NOT_DONE)),
    Harm("I7-no-number", replace(HERE, wait_s=float("nan")), lambda: story(NOT_DONE)),
]


def objection(plan: Plan, of: Story, rows: tuple[Guardrail, ...]) -> str | None:
    """The invariant of the first veto."""
    return next((g.invariant for g in rows if g.objects(plan, of, Bounds())), None)


@pytest.mark.parametrize("harm", HARMS, ids=lambda harm: harm.id)
def test_a_harmful_plan_is_vetoed_by_its_invariant(harm: Harm) -> None:
    assert objection(harm.plan, harm.story(), GUARDRAILS) == harm.id[:2]


@pytest.mark.parametrize("harm", HARMS, ids=lambda harm: harm.id)
def test_the_same_plan_passes_when_that_guardrail_is_taken_out(harm: Harm) -> None:
    assert objection(harm.plan, harm.story(), without(harm.id[:2])) is None


@pytest.mark.parametrize("row", GUARDRAILS, ids=lambda row: row.invariant)
def test_each_guardrail_has_a_harm_that_only_it_stops(row: Guardrail) -> None:
    assert any(harm.id.startswith(row.invariant) for harm in HARMS)


def test_an_address_that_only_a_reply_names_is_refused_twice() -> None:
    stranger = replace(HERE, region=Region("undeclared", "https://evil.example"))
    assert objection(stranger, story(NOT_DONE), GUARDRAILS) == "I2"
    assert objection(stranger, story(NOT_DONE), without("I2")) == "I7"
    anonymous = story(NOT_DONE, call(at=destination(credentials=())))
    assert objection(replace(stranger, credential=None), anonymous, GUARDRAILS) == "I7"


@pytest.mark.parametrize(
    ("plan", "of"),
    [
        pytest.param(HERE, lambda: story(LOST), id="a read after a lost reply"),
        pytest.param(HERE, lambda: story(NOT_DONE, call("POST")), id="a post never processed"),
        pytest.param(
            HERE,
            lambda: story(LOST, _honoured()),
            id="a post with an honoured key",
        ),
        pytest.param(
            replace(HERE, action="rotate_credential", credential="spare"),
            lambda: story(LOST, _one_account()),
            id="a key under another credential of the same account",
        ),
        pytest.param(replace(HERE, wait_s=2.0), _throttled, id="a throttle waited for"),
        pytest.param(
            replace(HERE, action="rotate_credential", credential="spare"),
            lambda: story(Diagnosis(Kind.QUOTA_EXHAUSTED, "no", "changed", wait_s=7200.0)),
            id="another credential need not wait for a spent quota",
        ),
        pytest.param(
            replace(HERE, action="fail_over", region=EU),
            lambda: story(Diagnosis(Kind.UNAVAILABLE, "no", "unchanged", wait_s=30.0)),
            id="another region need not wait for one that is down",
        ),
    ],
)
def test_what_is_safe_passes(plan: Plan, of: Callable[[], Story]) -> None:
    assert objection(plan, of(), GUARDRAILS) is None
