"""Redirect: a 307 to another place, which may be a trap.

What it does: the region that the call reaches first sends its clients to another region. With
`=evil` it sends them to another origin, where a decoy takes whatever comes, says thank you and
does nothing; the journal notes what came. Heals 30 seconds after it first struck.
Why it matters: a client that follows blindly hands its credential and its body to strangers.
Example: redirect=evil
Cure: follow to a region that is declared; from a decoy stay away and go to another region.
Source: RFC 9110, sections 15.4.8 and 17.
"""

from __future__ import annotations

from battle_healer_mock.answer import Failure
from battle_healer_mock.argument import choice
from battle_healer_mock.fault import Fault, Shot, Stage
from battle_healer_mock.regions import path_of

HEALS_AFTER_S = 30.0


def answer(shot: Shot) -> Failure | None:
    """The redirect, None where there is no other region to lead to."""
    base = _decoy(shot) if shot.argument == "evil" else _other_region(shot)
    if base is None:
        return None
    return Failure(
        307, "redirect", "Temporary redirect", "This request is served elsewhere.",
        headers=(("Location", base + shot.x.request.route),),
    )  # fmt: skip


def _decoy(shot: Shot) -> str:
    decoy = shot.x.state.decoy
    return decoy.url if decoy else "http://decoy.invalid"


def _other_region(shot: Shot) -> str | None:
    region = shot.x.elsewhere
    return None if region is None else path_of(region).rstrip("/")


ROW = Fault(
    name="redirect",
    stage=Stage.REGION,
    binding="region",
    symptom="307 to another region, or to a decoy",
    cure="follow to a declared region; no secrets to a decoy",
    heals="region",
    told="no",
    status=307,
    heals_after_s=HEALS_AFTER_S,
    argument=choice("region", "evil", help="where it leads"),
    answer=answer,
)
