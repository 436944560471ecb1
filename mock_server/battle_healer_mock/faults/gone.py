"""Gone: the region was closed for good.

What it does: the region that the call reaches first answers 410, and names in `Link` where its
clients belong, if there is such a place. Other regions serve the call.
Why it matters: unlike a region that is down it never comes back, so no wait is right.
Example: gone@us
Cure: another region; where there is none, stop.
Source: RFC 9110, section 15.5.11; RFC 5829, section 3.2 (`successor-version`).
"""

from __future__ import annotations

from battle_healer_mock import refusals
from battle_healer_mock.answer import Failure
from battle_healer_mock.fault import Fault, Shot, Stage


def answer(shot: Shot) -> Failure:
    """The refusal of a region that is no more."""
    region = shot.x.request.region
    members: dict[str, object] = {
        "region": region, "regions": shot.x.region_list({region: "gone"}),
    }  # fmt: skip
    return refusals.gone(region, shot.x.elsewhere, members)


ROW = Fault(
    name="gone",
    stage=Stage.REGION,
    binding="region",
    symptom="410, with a link to the successor",
    cure="another region; else stop",
    heals="region",
    told="no",
    status=410,
    answer=answer,
)
