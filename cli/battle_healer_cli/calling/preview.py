"""What a call would be, without sending it: request, place, and what could be done for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import httpx2
from rich.table import Table
from rich.text import Text

from battle_healer.actions.table import ACTIONS
from battle_healer.clients.bodies import upload
from battle_healer.clients.engine import Engine
from battle_healer.clients.library import library_of
from battle_healer.clients.one_call import OneCall
from battle_healer.model import Call, Refused
from battle_healer.rules import TokenCall
from battle_healer.secret import MASK
from battle_healer.text import redact_headers, safe, safe_url
from battle_healer_cli.terminal import columns

_BODY_CHARACTERS: Final = 2000


@dataclass(frozen=True, slots=True)
class Prospect:
    """Whether an action could ever be on this call's menu, and on what that depends."""

    is_possible: bool
    why: str


def preview(request: httpx2.Request, engine: Engine) -> Iterator[Text | Table]:
    """What to show, from top to bottom. Secrets are masked, and nothing is sent."""
    library = library_of(request)
    kept = upload(request, library, engine.rules.bounds.body_bytes)
    one = OneCall(engine, library, request, kept)
    place = engine.gates.admit(one.call)
    credential = None if isinstance(place, Refused) else place.credential
    yield from _request(one, kept.body, credential)
    yield Text()
    yield from _declared(one.call, engine, credential)
    yield Text()
    table = columns("action", "possible", "why")
    for action in ACTIONS:
        prospect = PROSPECTS[action.name](one.call)
        table.add_row(action.name, "yes" if prospect.is_possible else "no", prospect.why)
    yield table
    yield Text("nothing was sent", "dim")


def _request(one: OneCall, body: bytes | None, credential: str | None) -> Iterator[Text]:
    """The request as it would go out; a declared credential's token is not fetched for this."""
    attempt = one.unsent()
    going = one.outgoing(attempt)
    yield Text(f"{attempt.call.method} {safe_url(attempt.url)}", "bold")
    for name, value in redact_headers(going.headers.multi_items(), one.engine.rules.secret_headers):
        yield Text(f"{name}: {value}")
    if credential is not None:
        rule = one.call.destination.credential(credential)
        yield Text(f"{rule.header.lower()}: {MASK}  (credential {credential})")
    if body:
        yield Text(safe(body, _BODY_CHARACTERS))


def _declared(call: Call, engine: Engine, credential: str | None) -> Iterator[Text]:
    destination, endpoint = call.destination, call.endpoint
    signer = "nothing" if call.own is None else "the caller's own credential"
    if credential is not None:
        signer = f"credential {credential}"
    declared = "" if destination.declared else " (not declared in a policy)"
    yield Text(f"policy       {safe(engine.rules.source)}")
    yield Text(f"destination  {safe(destination.name)}{declared}")
    yield Text(f"regions      {', '.join(safe(region.name) for region in destination.regions)}")
    yield Text(f"endpoint     {safe(endpoint.name) or 'none declared'}")
    yield Text(f"signed by    {signer}")
    yield Text(f"key          {_key(call)}")
    yield Text(f"deadline     {call.deadline - call.began:g} s")
    yield Text(f"planner      {engine.kit.planner or engine.rules.planner}")


def _key(call: Call) -> str:
    if call.key is None:
        return "none"
    protects = "protects it" if call.is_keyed else "protects nothing, its endpoint is not declared"
    return f"{safe(call.key)}: {protects}"


def _retry(call: Call) -> Prospect:
    if call.is_repeatable:
        return Prospect(True, "sending it twice cannot act twice")
    trusted = " or says so itself" if call.destination.says_processed else ""
    why = f"only where nothing was processed for sure: a status that means it{trusted}"
    return Prospect(True, why)


def _refresh(call: Call) -> Prospect:
    for rule in call.destination.credentials:
        if rule.refresh is not None or isinstance(rule.source, TokenCall):
            return Prospect(True, f"credential {rule.name} can be refreshed")
    return Prospect(False, "no credential with a refresh is declared")


def _rotate(call: Call) -> Prospect:
    spare = len(call.destination.credentials) - (call.own is None)
    if spare > 0:
        return Prospect(True, f"{spare} more in the pool")
    return Prospect(False, "no other credential is declared")


def _fail_over(call: Call) -> Prospect:
    others = [r.name for r in call.destination.regions if r.name != call.home.name]
    if others:
        return Prospect(True, f"to {', '.join(map(safe, others))}")
    return Prospect(False, "no other region is declared")


def _repair(call: Call) -> Prospect:
    if not call.endpoint.repair:
        return Prospect(False, "`repair` is off")
    if not call.body:
        return Prospect(False, "there is no body")
    kept = ", ".join(call.endpoint.protected)
    return Prospect(True, f"never {kept}" if kept else "what the error names")


def _adapt(call: Call) -> Prospect:
    if not call.endpoint.adapt:
        return Prospect(False, "`adapt` is off")
    if call.endpoint.response_schema is None:
        return Prospect(False, "no contract for the answer is declared")
    return Prospect(True, "to the declared contract")


def _degrade(call: Call) -> Prospect:
    degrade = call.endpoint.degrade
    if degrade is None:
        return Prospect(False, "no substitute is declared; one that the API labels is passed on")
    if not call.is_read and not degrade.writes:
        return Prospect(False, "not for a write")
    return Prospect(True, f"from {', '.join(degrade.tiers)}")


def _queue(call: Call) -> Prospect:
    if call.endpoint.queue is None:
        return Prospect(False, "no queue is declared")
    return Prospect(False, "this command has no store; a program may give one")


def _abort(call: Call) -> Prospect:
    return Prospect(True, "always")


PROSPECTS: Final[dict[str, Callable[[Call], Prospect]]] = {
    "adapt_response": _adapt,
    "refresh_credential": _refresh,
    "rotate_credential": _rotate,
    "repair_request": _repair,
    "fail_over": _fail_over,
    "retry": _retry,
    "degrade": _degrade,
    "queue": _queue,
    "abort": _abort,
}
