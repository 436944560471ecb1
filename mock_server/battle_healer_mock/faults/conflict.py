"""Conflict: the resource has moved on since the client last looked.

What it does: answers 409 to a write, names the current version in `ETag` and in the text, and
takes the write that says in `If-Match` that it means this version.
Why it matters: sending the same again changes nothing; overwriting needs a decision.
Example: conflict
Cure: the version that the reply names, in `If-Match`; without that decision, stop.
Source: RFC 9110, sections 13.1.1 and 15.5.10.
"""

from __future__ import annotations

from battle_healer_mock.answer import Failure
from battle_healer_mock.fault import Fault, Shot, Stage


def answer(shot: Shot) -> Failure | None:
    """The refusal, None once the request names the version that is current."""
    if shot.memo.kept is None:
        shot.memo.kept = f'"v{2 + int(shot.draw("version") * 98)}"'
    version = str(shot.memo.kept)
    if shot.x.request.headers.get("if-match") == version:
        return None
    return Failure(
        409, "conflict", "Conflict", f"The current version is {version}; say so in If-Match.",
        headers=(("ETag", version),), members={"current_version": version.strip('"')},
        cure="version",
    )  # fmt: skip


ROW = Fault(
    name="conflict",
    stage=Stage.REQUEST,
    binding="body",
    symptom="409 that names the current version",
    cure="the version named in the reply, in If-Match; else stop",
    heals="version",
    told="no",
    status=409,
    needs="body",
    answer=answer,
)
