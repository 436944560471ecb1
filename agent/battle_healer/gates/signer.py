"""Who signs an attempt: the next credential that has something left, and by what it is known."""

from __future__ import annotations

from battle_healer.gates.pacer import Pacer
from battle_healer.gates.quotas import Quotas
from battle_healer.model import Call, Grant, Refused
from battle_healer.rules import CredentialRule


def declared(grant: Grant | None) -> str:
    """The name of a credential of the policy; "" for the caller's own, or none."""
    return (grant.name or "") if grant else ""


def known_as(grant: Grant | None) -> str:
    """By what the pacer knows a credential: two callers' own ones have nothing in common."""
    if grant is None:
        return ""
    return grant.name or grant.token.digest()


def owner(grant: Grant | None) -> str:
    """Whose limits count together: all that the policy signs, and each caller's own token."""
    return "" if grant is None or grant.name else grant.token.digest()


def signer(call: Call, pacer: Pacer, quotas: Quotas, now: float) -> str | Refused | None:
    """The credential to sign with, None for the caller's own or for none; or that all are spent."""
    if call.own is not None:
        return pacer.spent(known_as(call.own), now)
    return first_with_left(call, pacer, quotas, now)


def first_with_left(call: Call, pacer: Pacer, quotas: Quotas, now: float) -> str | Refused | None:
    """The first declared credential that is not spent; None where there is none at all.

    One that is near its quota leaves the rest to those who cannot have another.
    """
    refused: Refused | None = None
    near: CredentialRule | None = None
    for rule in call.destination.credentials:
        spent = pacer.spent(rule.name, now) or quotas.refusal(rule.name, now)
        if spent is not None:
            refused = refused or spent
        elif quotas.is_near(rule.name, now):
            near = near or rule
        elif near is None or _may_stand_in(rule, near, call):
            return rule.name
    return refused if near is None else near.name


def _may_stand_in(rule: CredentialRule, near: CredentialRule, call: Call) -> bool:
    """Whether a credential may sign though another one still could.

    I1: a caller who repeats a call under its key is known to the account that saw it before.
    """
    is_keyed = call.key is not None and call.endpoint.idempotency == "honoured"
    return not is_keyed or (rule.account is not None and rule.account == near.account)
