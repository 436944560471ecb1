"""Token expired: a 401 that a refresh heals.

What it does: the token that the call used first counts as expired.
Why it matters: many callers share a token; it should be refreshed once, not by each of them.
Example: expired_token
Cure: one refresh, then the same request with the new token.
Source: RFC 6750, section 3.1 (`invalid_token`).
"""

from __future__ import annotations

from battle_healer_mock.answer import Failure
from battle_healer_mock.fault import Fault, Shot, Stage


def refusal() -> Failure:
    """The 401 of a token whose time is over."""
    said = (
        'Bearer realm="mock", error="invalid_token", error_description="The access token expired"'
    )
    return Failure(
        401, "token-expired", "Token expired", "The access token expired.",
        headers=(("WWW-Authenticate", said),), members={"error": "invalid_token"}, cure="refresh",
    )  # fmt: skip


def answer(shot: Shot) -> Failure:
    """The refusal."""
    return refusal()


ROW = Fault(
    name="expired_token",
    stage=Stage.AUTH,
    binding="token",
    symptom="401 invalid_token, expired",
    cure="refresh once",
    heals="refresh",
    told="no",
    status=401,
    answer=answer,
)
