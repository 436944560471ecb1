"""Region is down: one region answers 503, the others work.

What it does: the region that the call reaches first answers 503 with `Retry-After`, and says
what is left of the retry budget and which regions are up. Other regions serve the call.
Why it matters: staying in a dead region is the commonest way to turn a small outage into a
long one; going elsewhere is safe, since the reply says that nothing was processed.
Example: region_down@us
Cure: another region, or waiting: it heals 30 seconds after it first struck (`*inf`: never).
Source: RFC 9110, section 15.6.4; `Retry-After`, section 10.2.3.
"""

from __future__ import annotations

from battle_healer_mock.answer import Failure, retry_after
from battle_healer_mock.fault import Fault, Shot, Stage

HEALS_AFTER_S = 30.0


def answer(shot: Shot) -> Failure:
    """The refusal of a region that is down, with the rest of its time as the wait."""
    x = shot.x
    began_s = x.now_s if shot.memo.first_s is None else shot.memo.first_s
    left_s = began_s + HEALS_AFTER_S - x.now_s
    wait_s = left_s if left_s > 0 else HEALS_AFTER_S
    down = {x.request.region: "down"}
    return Failure(
        503, "region-down", "Region is down", f"Region {x.request.region} is down.",
        headers=(retry_after(wait_s),), wait_s=wait_s,
        members={"retry_budget": x.spend_retry(), "region": x.request.region,
                 "regions": x.region_list(down)},
    )  # fmt: skip


ROW = Fault(
    name="region_down",
    stage=Stage.REGION,
    binding="region",
    symptom="503 with Retry-After, the retry budget and the regions",
    cure="another region, or wait 30 s",
    heals="region",
    told="no",
    status=503,
    heals_after_s=HEALS_AFTER_S,
    answer=answer,
)
