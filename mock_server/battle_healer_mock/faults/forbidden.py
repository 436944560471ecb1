"""Forbidden: the credential is good, and may not do this.

What it does: answers 403 to every credential without the scope `charge:write`, and names the
scope. A credential that was issued with it passes.
Why it matters: no refresh and no wait gives a credential what it was never granted.
Example: forbidden
Cure: another credential, one that has the scope.
Source: RFC 6750, section 3.1 (`insufficient_scope`).
"""

from __future__ import annotations

from typing import Final

from battle_healer_mock.answer import Failure
from battle_healer_mock.fault import Fault, Shot, Stage

SCOPE: Final = "charge:write"


def answer(shot: Shot) -> Failure | None:
    """The refusal, None for a credential that has the scope."""
    if SCOPE in shot.x.scopes:
        return None
    said = (
        'Bearer realm="mock", error="insufficient_scope", '
        f'error_description="The access token lacks the scope {SCOPE}", scope="{SCOPE}"'
    )
    return Failure(
        403, "insufficient-scope", "Forbidden", f"The credential lacks the scope {SCOPE}.",
        headers=(("WWW-Authenticate", said),),
        members={"error": "insufficient_scope", "scope": SCOPE}, cure="credential",
    )  # fmt: skip


ROW = Fault(
    name="forbidden",
    stage=Stage.AUTH,
    binding="draw",
    symptom="403 insufficient_scope, with the scope",
    cure="another credential, if one has the scope",
    heals="credential",
    told="no",
    status=403,
    answer=answer,
)
