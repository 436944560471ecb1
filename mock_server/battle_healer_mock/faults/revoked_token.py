"""Token revoked: a 401 that no refresh heals.

What it does: revokes the credential that the call used first, for good and for every call; a
refresh of its tokens is answered 400 `invalid_grant`.
Why it matters: only the description tells it from an expired token; refreshing is useless.
Example: revoked_token
Cure: another credential.
Source: RFC 6750, section 3.1; RFC 6749, section 5.2 (`invalid_grant`).
"""

from __future__ import annotations

from battle_healer_mock.answer import Failure
from battle_healer_mock.fault import Fault, Shot, Stage


def refusal() -> Failure:
    """The 401 of a token that was withdrawn."""
    said = (
        'Bearer realm="mock", error="invalid_token", '
        'error_description="The access token was revoked"'
    )
    return Failure(
        401, "token-revoked", "Token revoked", "The access token was revoked.",
        headers=(("WWW-Authenticate", said),), members={"error": "invalid_token"},
        cure="credential",
    )  # fmt: skip


def answer(shot: Shot) -> Failure:
    """Revoke for real, so that a refresh fails too, and say so."""
    shot.x.revoke()
    return refusal()


ROW = Fault(
    name="revoked_token",
    stage=Stage.AUTH,
    binding="credential",
    symptom="401 invalid_token, revoked; a refresh fails with invalid_grant",
    cure="another credential",
    heals="credential",
    told="no",
    status=401,
    answer=answer,
)
