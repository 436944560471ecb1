"""What must come of a call, said before it is made: by faults, method, key and regions alone.

It knows nothing of the agent. The rows are those of the fault table in the design; the bounds are
its defaults: two unchanged resends per region and cause, as many fail-overs as there are other
regions, 30 s of patience, one credential more than is spent.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import inf
from typing import Final, Literal, NamedTuple

Outcome = Literal["delivered", "degraded", "queued", "failed"]
RESENDS: Final = 2
ABOUT_A_KEY: Final = ("in_progress", "key_reused")
PATIENCE_S: Final = 30.0
OUTAGE_S: Final = 30.0


class Row(NamedTuple):
    """One fault. told: what a client can know. acted: effects there are when it strikes."""

    stage: int
    cure: Literal["resend", "region", "body", "label", "shape", "patience", "none"]
    told: Literal["no", "maybe", "yes"] = "no"
    acted: int = 0


TABLE: Final = {
    "reset": Row(1, "resend", "maybe"),
    "empty_reply": Row(1, "resend", "maybe"),
    "gateway_html": Row(1, "resend", "maybe"),
    "captive_portal": Row(1, "resend", "maybe"),
    "stale_connection": Row(1, "resend", "maybe"),
    "stall": Row(1, "none", "maybe"),  # silent for as long as anybody waits
    "too_early": Row(2, "resend"),
    "gone": Row(3, "region"),
    "redirect": Row(3, "region"),
    "overload": Row(3, "resend"),
    "region_down": Row(3, "region"),
    "blocked_token": Row(4, "none"),
    "unknown_token": Row(4, "resend"),
    "forbidden": Row(4, "resend"),
    "expired_token": Row(4, "resend"),
    "revoked_token": Row(4, "resend"),
    "rate_limit": Row(5, "resend"),
    "quota": Row(5, "resend"),
    "budget": Row(5, "resend"),
    "repair": Row(6, "body"),
    "protected_body": Row(6, "none"),
    "conflict": Row(6, "none"),
    "in_progress": Row(6, "resend"),
    "key_reused": Row(6, "none"),
    "retryable_500": Row(7, "resend"),
    "flaky": Row(7, "resend"),
    "soft_error": Row(8, "resend"),
    "mock": Row(8, "label"),
    "ambiguous_500": Row(10, "resend", "maybe", 1),
    "reset_after_effect": Row(10, "resend", "maybe", 1),
    "schema_drift": Row(11, "shape", "yes", 1),
    "truncated": Row(12, "resend", "maybe", 1),
    "half_headers": Row(12, "resend", "maybe", 1),
    "garbage": Row(12, "resend", "maybe", 1),
    "malformed_chunk": Row(12, "resend", "maybe", 1),
    "bad_encoding": Row(12, "resend", "maybe", 1),
    "bad_length": Row(12, "shape", "yes", 1),  # its status says that it was done
    "latency": Row(99, "patience"),
    "drip": Row(99, "patience"),
}


class Fault(NamedTuple):
    """One fault as it is asked for, `inf` times for one that never ends."""

    name: str
    value: str = ""
    times: float = 1
    region: str = ""


@dataclass(frozen=True)
class Expected:
    """The most effects, the best outcome, its requests. unsafe: it must stop in doubt."""

    effects: int
    outcome: Outcome
    fewest: int
    most: int
    unsafe: bool = False


def read(trigger: str) -> list[Fault]:
    """The faults of a trigger that is known to be well-formed."""
    faults = []
    for item in filter(None, trigger.split(",")):
        name, *_ = re.split(r"[=*@~]", item)
        marks = dict(re.findall(r"([=*@])([^=*@~]+)", item))
        # A chance of 1 is no chance: it fails for ever.
        times = inf if marks.get("=") == "1" else float(marks.get("*", 1))
        faults.append(Fault(name, marks.get("=", ""), times, marks.get("@", "")))
    return faults


def expect(  # noqa: PLR0913 - each is a fact that decides, and there are no others
    faults: Iterable[Fault],
    method: str,
    *,
    keyed: bool,
    regions: Sequence[str],
    fallback: Outcome = "failed",
    patience_s: float = PATIENCE_S,
) -> Expected:
    """fallback: how it may end where nothing can be delivered in time."""
    write, requests, luck = method == "POST", 1, 0
    endless = (1 + RESENDS) * len(regions)
    down: dict[str, float] = {}
    for fault in sorted(faults, key=lambda fault: TABLE[fault.name].stage):
        row = TABLE[fault.name]
        if row.stage == TABLE["repair"].stage and not write:
            continue
        if fault.name in ABOUT_A_KEY and not keyed:
            continue
        if row.told == "maybe" and write and not keyed:
            return Expected(row.acted, "failed", requests, requests, unsafe=True)
        if row.cure == "none" or (fault.value == "drop" and not write):
            return Expected(0, "failed", requests, requests + 1)
        if row.cure == "label" and not write:
            return Expected(0, "degraded", requests, requests + 1)
        if row.cure == "region":
            down[fault.region or regions[0]] = fault.times
            if len(down) == len(regions) and (patience_s <= OUTAGE_S or inf in down.values()):
                return Expected(0, fallback, requests, requests + 1)
            requests += 1
        elif fault.times == inf:
            return Expected(0, fallback, requests, endless)
        elif fault.name == "flaky":
            luck = endless
        elif row.cure not in ("shape", "patience"):
            requests += int(fault.times)
    return Expected(int(write), "delivered", requests, max(requests + 1, luck))
