"""The resolved policy as YAML: what holds once defaults and origins are filled in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any, Final

from battle_healer.policy.policy import Policy
from battle_healer.policy.rows import GATES, QUEUES
from battle_healer.policy.sources import FromCommand, FromEnv, FromFile
from battle_healer.rules import CredentialRule, Degrade, Destination, Endpoint, TokenCall
from battle_healer.secret import MASK, Secret
from battle_healer.text import safe

_SECRET_WORDS: Final = ("secret", "password", "token", "key", "auth")


def show(policy: Policy) -> str:
    """YAML text of the policy in force; secrets stand as references, never as values."""
    import yaml  # noqa: PLC0415 -- only for people

    rules = policy.rules
    plain = {
        "version": 1,
        "defaults": {"planner": rules.planner},
        "bounds": asdict(rules.bounds),
        "gates": GATES.shown(rules.gates),
        "journal": rules.journal and asdict(rules.journal),
        "planner_budgets": {name: dict(rows) for name, rows in rules.planner_budgets.items()},
        "queues": {name: QUEUES.shown(rule) for name, rule in rules.queues.items()},
        "secret_headers": sorted(rules.secret_headers),
        "destinations": {d.name: _destination(d) for d in rules.destinations},
    }
    text = yaml.safe_dump(_given(plain), sort_keys=False, allow_unicode=False, width=100)
    return f"# {safe(policy.where)}, resolved\n{text}"


def _given(rows: Mapping[str, Any]) -> dict[str, Any]:
    """Return the rows that say something."""
    return {name: value for name, value in rows.items() if value not in (None, "", [], {}, ())}


def _destination(destination: Destination) -> dict[str, Any]:
    return _given(
        {
            "regions": [asdict(region) for region in destination.regions],
            "credentials": [_credential(rule) for rule in destination.credentials],
            "says_processed": destination.says_processed,
            "call_header": destination.call_header,
            "planner": destination.planner,
            "endpoints": [_endpoint(endpoint) for endpoint in destination.endpoints],
            "gates": destination.gates and GATES.shown(destination.gates),
        }
    )


def _credential(rule: CredentialRule) -> dict[str, Any]:
    return _given(
        {
            "name": rule.name,
            "tier": rule.tier,
            "token": _source(rule.source),
            "refresh": rule.refresh and _token_call(rule.refresh),
            "scopes": sorted(rule.scopes),
            "account": rule.account,
            "daily_calls": rule.daily_calls,
            "cost": rule.cost and asdict(rule.cost),
            "header": rule.header,
        }
    ) | {"scheme": rule.scheme}


def _source(source: Secret | Callable[[], Secret] | TokenCall) -> dict[str, Any]:
    match source:
        case FromEnv():
            return {"env": source.name}
        case FromFile():
            return {"file": str(source.path)}
        case FromCommand():
            # Arguments may hold a secret.
            return {"command": [source.arguments[0], *[MASK] * (len(source.arguments) - 1)]}
        case TokenCall():
            return _token_call(source)
        case _:
            return {"python": MASK}


def _token_call(call: TokenCall) -> dict[str, Any]:
    return _given(
        {
            "post": call.target,
            "body": call.body and _masked(call.body),
            "token": call.token,
            "expires_in": call.expires_in,
        }
    )


def _masked(value: Any, name: str = "") -> Any:
    """Body of a token call, with what looks like a secret by its name masked."""
    match value:
        case Mapping():
            return {key: _masked(item, key) for key, item in value.items()}
        case list():
            return [_masked(item, name) for item in value]
        case _:
            return MASK if any(word in name.lower() for word in _SECRET_WORDS) else value


def _endpoint(endpoint: Endpoint) -> dict[str, Any]:
    contract = {"request": endpoint.request_schema, "response": endpoint.response_schema}
    return _given(
        {
            "name": endpoint.name,
            "match": endpoint.match,
            "idempotency": endpoint.idempotency,
            "contract": _given(contract),
            "protected": list(endpoint.protected),
            "may_clamp": list(endpoint.may_clamp),
            "repair": endpoint.repair,
            "adapt": endpoint.adapt,
            "degrade": endpoint.degrade and _degrade(endpoint.degrade),
            "queue": endpoint.queue,
            "planner": endpoint.planner,
        }
    )


def _degrade(degrade: Degrade) -> dict[str, Any]:
    size = None if degrade.file is None else f"{len(degrade.file)} bytes, read at load"
    return _given(
        {
            "tiers": list(degrade.tiers),
            "file": size,
            "example": degrade.example,
            "post": degrade.post,
            "writes": degrade.writes,
        }
    )
