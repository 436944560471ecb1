"""The stages of `/external-api`, in order: each may answer, and the first answer wins.

The whole walk is one synchronous step, so that parallel requests never see half of it.
Faults and the server's own rules alternate; STEPS is the one place that says how.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import lru_cache, partial
from typing import Final, cast

from battle_healer_mock import refusals
from battle_healer_mock.answer import Answer, Reply
from battle_healer_mock.chance import text_digest
from battle_healer_mock.charge import Json, canonical, defects, field_digests
from battle_healer_mock.clock import SLACK_S
from battle_healer_mock.exchange import Exchange
from battle_healer_mock.fault import Stage
from battle_healer_mock.faults import budget, expired_token, quota, repair, revoked_token
from battle_healer_mock.firing import ANY, slow_down, strike
from battle_healer_mock.keys import Bound
from battle_healer_mock.ledger import Effect
from battle_healer_mock.tokens import DAY_S, Credential

Step = Callable[[Exchange], Answer | None]


def decide(x: Exchange) -> Answer:
    """Walk the stages until one answers; the row learns which stage that was."""
    if ANY in x.trigger.by_stage:
        slow_down(x)
    for stage, step in _steps_for(x.trigger.stages):
        answer = step(x)
        if answer is not None:
            x.row.stage = stage
            return answer
    raise AssertionError("the last step always answers")


def region_state(x: Exchange) -> Answer | None:
    """Stage 3: regions that are down, in maintenance or gone for everybody."""
    region = x.request.region
    state = x.state.regions[region]
    if state == "up":
        return None
    members: dict[str, object] = {"region": region, "regions": x.region_list({})}
    if state != "gone":
        members["retry_budget"] = x.spend_retry()
    return refusals.region_unavailable(region, state, members)


def token_given(x: Exchange) -> Answer | None:
    """Stage 4: whether there is a token at all; faults on tokens need one to bind to."""
    return None if x.bearer else refusals.no_token()


def token_good(x: Exchange) -> Answer | None:
    """Stage 4: whether the token is good."""
    state = x.row.credential_state
    if x.token is not None and x.token.credential.revoked:
        state = "revoked"
    if state == "live":
        blocked = x.token is not None and x.token.credential.blocked
        return refusals.blocked() if blocked else None
    refuse = {"expired": expired_token.refusal, "revoked": revoked_token.refusal}
    return refuse.get(state or "", refusals.unknown_token)()


def allowance(x: Exchange) -> Answer | None:
    """Stage 5: throttles, quotas and budgets of the credential; takes one of each on the way."""
    credential = cast("Credential", x.token and x.token.credential)
    if (wait_s := _throttle_wait_s(credential, x.now_s)) is not None:
        return refusals.throttled(wait_s)
    if x.now_s - credential.day_began_s >= DAY_S - SLACK_S:
        credential.day_began_s = x.now_s
        credential.quota, credential.used_calls = credential.daily_call_limit, 0
    if credential.quota <= 0:
        left_s = credential.day_began_s + DAY_S - x.now_s
        return quota.refusal(left_s, credential.daily_call_limit)
    if credential.call_budget <= 0:
        return budget.refusal()
    credential.quota -= 1
    credential.call_budget -= 1
    credential.used_calls += 1
    return None


def _throttle_wait_s(credential: Credential, now_s: float) -> float | None:
    if credential.throttle is None:
        return None
    most, window_s = credential.throttle
    recent = credential.recent
    while recent and now_s - recent[0] >= window_s - SLACK_S:
        del recent[0]
    if len(recent) >= most:
        return recent[0] + window_s - now_s
    recent.append(now_s)
    return None


def body_read(x: Exchange) -> Answer | None:
    """Stage 6: the body of a POST is JSON text."""
    if x.request.method != "POST":
        return None
    try:
        value: object = _JSON.decode(x.body.decode())
        x.row.fields = field_digests(value)
    except (ValueError, RecursionError) as error:
        given = x.request.headers.get("content-type", "application/json")
        if x.body and "json" not in given.lower():
            return refusals.unsupported_media_type(given)
        return refusals.not_json(f"It cannot be read: {error}."[:200])
    if not isinstance(value, dict):
        return repair.refusal(defects(value))
    x.charge = cast("Json", value)
    return None


def _no_constant(name: str) -> object:
    raise ValueError(f"{name} is no JSON")


_JSON: Final = json.JSONDecoder(parse_constant=_no_constant)


def body_good(x: Exchange) -> Answer | None:
    """Stage 6: the body fits the published schema, or the demand of a fault."""
    if x.charge is None:
        return None
    found = defects(x.charge)
    if not found:
        return None
    asked = (item for item in x.trigger.items if item.fault is repair.ROW)
    x.struck = next((item for item in asked if item.region in (None, x.request.region)), None)
    return repair.refusal(found)


def key_free(x: Exchange) -> Answer | None:
    """Stage 6: the idempotency key is free, or was used for the same request and is done."""
    written = x.request.headers.get("idempotency-key")
    if written is None or x.request.method != "POST":
        return None
    if x.key is None:
        return refusals.bad_key()
    bound = x.state.keys.get(x.account, x.key.value, x.now_s)
    if bound is None:
        return None
    if bound.fingerprint != _fingerprint(x):
        return refusals.key_reused()
    return refusals.key_in_progress() if bound.running else None


def _fingerprint(x: Exchange) -> str:
    """What must be equal for a key to be used again: method, path without region, and body."""
    body = json.loads(x.body)
    return text_digest(f"{x.request.method} {x.request.route} {canonical(body)}")


def effect(x: Exchange) -> Answer | None:
    """Stage 9: the write happens and binds its key, or a known key gets its first answer."""
    if x.request.method == "GET":
        x.success = x.status_payload()
        return None
    if x.key is not None:
        bound = x.state.keys.get(x.account, x.key.value, x.now_s)
        if bound is not None:
            x.success, x.replayed = bound.payload, True
            x.row.effect, x.row.replay = bound.effect, True
            return None
    x.row.effect = _take_effect(x)
    return None


def _take_effect(x: Exchange) -> str:
    ledger = x.state.ledger
    effect_id = ledger.next_id()
    payload = x.charge_payload(f"chg-{effect_id[4:]}")
    x.success = payload
    note = payload.get("note")
    ledger.add(Effect(
        effect_id, str(payload["createdAt"]), x.row.line, x.call.key, x.row.correlation_id,
        x.account,
        x.credential_id, x.key.value if x.key else None, x.request.region, x.request.method,
        x.request.route, str(payload["transactionId"]), cast("float", payload["amount"]),
        str(payload["currency"]), None if note is None else str(note),
    ))  # fmt: skip
    if x.key is not None:
        x.bound = Bound(_fingerprint(x), payload, effect_id, x.now_s)
        x.state.keys.bind(x.account, x.key.value, x.bound)
    return effect_id


def success(x: Exchange) -> Answer:
    """The end of the road: the service's own answer."""
    return x.success_reply() or Reply({})


def _faults(stage: Stage) -> tuple[Stage, Step]:
    return stage, partial(strike, stage=stage)


STEPS: Final[tuple[tuple[Stage, Step], ...]] = (
    _faults(Stage.EDGE),
    _faults(Stage.EARLY),
    _faults(Stage.REGION),
    (Stage.REGION, region_state),
    (Stage.AUTH, token_given),
    _faults(Stage.AUTH),
    (Stage.AUTH, token_good),
    _faults(Stage.ALLOWANCE),
    (Stage.ALLOWANCE, allowance),
    (Stage.REQUEST, body_read),
    _faults(Stage.REQUEST),
    (Stage.REQUEST, body_good),
    (Stage.REQUEST, key_free),
    _faults(Stage.BEFORE_EFFECT),
    _faults(Stage.WITHOUT_SERVICE),
    (Stage.EFFECT, effect),
    _faults(Stage.AFTER_EFFECT),
    _faults(Stage.SHAPE),
    _faults(Stage.WIRE),
    (Stage.EFFECT, success),
)


@lru_cache(maxsize=256)
def _steps_for(stages: tuple[Stage, ...]) -> tuple[tuple[int, Step], ...]:
    """The steps of a request whose faults strike at `stages`: no others need be asked for."""
    return tuple(
        (int(stage), step)
        for stage, step in STEPS
        if not isinstance(step, partial) or stage in stages
    )
