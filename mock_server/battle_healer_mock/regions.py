"""The regions of the mock: a table, and the state of each."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal, get_args

RegionState = Literal["up", "down", "maintenance", "gone"]
STATES: Final[tuple[str, ...]] = get_args(RegionState)
HOME: Final = "us"


@dataclass(frozen=True, slots=True)
class Region:
    """One place that serves the API. `successor` is where a gone region's clients belong."""

    name: str
    state: RegionState
    priority: int
    successor: str | None = None


REGIONS: Final = (
    Region(HOME, "up", 1),
    Region("eu", "up", 2),
    Region("deprecated-eu", "gone", 8, successor="eu"),
    Region("maintenance-ap", "maintenance", 9),
)
REGION_NAMES: Final = tuple(region.name for region in REGIONS)
BY_NAME: Final = {region.name: region for region in REGIONS}


Listing = list[dict[str, object]]


@lru_cache(maxsize=256)
def listing(states: tuple[str, ...]) -> Listing:
    """All regions as replies list them, their states given in the table's order.

    One list for all who ask, and not to be changed: an outage shows it a thousand times a second.
    """
    return [
        {"name": r.name, "state": state, "path": path_of(r.name), "priority": r.priority}
        for r, state in zip(REGIONS, states, strict=True)
    ]


@lru_cache(maxsize=1024)
def view(states: tuple[str, ...], here: str) -> tuple[Listing, tuple[str, ...]]:
    """The listing, and the names of those in it that are up, without `here`."""
    named = zip(REGION_NAMES, states, strict=True)
    up = tuple(name for name, state in named if state == "up" and name != here)
    return listing(states), up


def path_of(region: str) -> str:
    """Where a region is served, relative to the server's base URL."""
    return "/" if region == HOME else f"/regions/{region}"
