"""All that the server knows between two requests, in one place that `/reset` can replace."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from battle_healer_mock.bounds import DEFAULT_BOUNDS, Bounds
from battle_healer_mock.calls import Calls
from battle_healer_mock.chance import Chance
from battle_healer_mock.clock import Clock
from battle_healer_mock.decoy import Decoy
from battle_healer_mock.errors import unknown_name
from battle_healer_mock.fault import Tally
from battle_healer_mock.journal import Journal
from battle_healer_mock.keys import Keys
from battle_healer_mock.ledger import Ledger
from battle_healer_mock.live import Live
from battle_healer_mock.logs import Logs
from battle_healer_mock.regions import REGION_NAMES, REGIONS, STATES
from battle_healer_mock.tokens import Credential, Tokens

RETRY_BUDGET: Final = 20


@dataclass(frozen=True, slots=True)
class FaultRow:
    """One row of a scenario: which calls get which faults, and for how long."""

    trigger: str
    calls: str = "*"
    method: str | None = None
    ttl_s: float | None = None


class State:
    """Tokens, calls, keys, ledger, journal, regions and live faults of one server.

    closed_line: number of the row up to which the traffic was said to be over.

    Every change is one synchronous step on the server's thread: parallel requests never see a
    state in between.

    in_flight: exchanges of the protected API that are not yet answered, whatever was reset.
    decoy: the other origin of a server that has one.
    """

    def __init__(self, seed: str, clock: Clock, bounds: Bounds = DEFAULT_BOUNDS) -> None:
        self.clock = clock
        self.bounds = bounds
        self.seed = seed
        self._first_seed = seed
        self._standing: list[tuple[str, Credential]] = []
        self.in_flight = 0
        self.decoy: Decoy | None = None
        self._begin(seed, "", RETRY_BUDGET)

    def _begin(self, seed: str, scenario: str, retry_budget: int) -> None:
        self.seed = seed
        self.scenario = scenario
        self.retry_budget = retry_budget
        self.chance = Chance(seed)
        self.tokens = Tokens(self.chance, self.bounds.tokens)
        self.calls = Calls(self.bounds.rows)
        self.keys = Keys(self.bounds.rows)
        self.ledger = Ledger(self.bounds.effects)
        self.journal = Journal(self.bounds.rows)
        self.live = Live()
        self.logs = Logs()
        self.tallies: dict[str, Tally] = {}
        self.closed_line = 0
        self.regions = {region.name: str(region.state) for region in REGIONS}
        for text, credential in self._standing:
            self.tokens.keep(text, credential, self.clock.now())

    def reset(self) -> None:
        """All of it new, with the seed of the start; tokens printed at start-up stay good."""
        self._begin(self._first_seed, "", RETRY_BUDGET)

    def load(
        self,
        name: str,
        faults: Iterable[FaultRow] = (),
        regions: Mapping[str, str] | None = None,
        seed: str | None = None,
        retry_budget: int | None = None,
    ) -> None:
        """Begin a scenario on a clean state, a manual clock at its start.

        So the same scenario gives the same journal, whatever was played before it.
        Raises BadInputError, and then changes nothing.
        """
        live, start_s = Live(), 0.0 if self.clock.mode == "manual" else self.clock.now()
        for row in faults:
            live.add(row.calls, row.trigger, row.method, row.ttl_s, start_s)
        self._check_regions(regions or {})
        budget = RETRY_BUDGET if retry_budget is None else retry_budget
        self.clock.restart()
        self._begin(self._first_seed if seed is None else seed, name, budget)
        self.live = live
        self.regions.update(regions or {})

    def set_regions(self, regions: Mapping[str, str]) -> None:
        """Change the state of regions. Raises BadInputError, and then changes nothing."""
        self._check_regions(regions)
        self.regions.update(regions)

    def issue_standing(self, user_id: str) -> str:
        """A token for people, which survives resets."""
        text, credential = self.tokens.issue(user_id, now_s=self.clock.now())
        self.tokens.make_lasting(text)
        self._standing.append((text, credential))
        return text

    def reset_credentials(self) -> list[tuple[str, Credential]]:
        """Forget all issued credentials; a fresh pool with one of each tier."""
        now_s = self.clock.now()
        self.tokens = Tokens(self.chance, self.bounds.tokens)
        for text, credential in self._standing:
            self.tokens.keep(text, credential, now_s)
        tiers = ("primary", "backup", "free-tier")
        return [self.tokens.issue("pool", tier=tier, now_s=now_s) for tier in tiers]

    def tally(self, fault: str) -> Tally:
        """The count of a fault, for reading and writing."""
        found = self.tallies.get(fault)
        if found is None:
            found = self.tallies[fault] = Tally()
        return found

    def status(self) -> dict[str, object]:
        """What holds now, as `GET /control/scenario` shows it."""
        now_s = self.clock.now()
        self.live.drop_ended(now_s)
        return {
            "name": self.scenario or None,
            "seed": self.seed,
            "clock": self.clock.mode,
            "now_s": round(now_s, 6),
            "retry_budget": self.retry_budget,
            "decoy": self.decoy.url if self.decoy else None,
            "regions": dict(self.regions),
            "faults": [row.as_json(now_s) for row in self.live.rows],
            "fired": {
                name: {
                    "asked": tally.asked,
                    "fired": tally.fired,
                    "rate": round(tally.fired / tally.asked, 4) if tally.asked else None,
                }
                for name, tally in sorted(self.tallies.items())
            },
            "calls": len(self.calls),
            "calls_forgotten": self.calls.forgotten,
            "keys": len(self.keys),
            "keys_forgotten": self.keys.forgotten,
            "rows": self.journal.count,
            "rows_dropped": self.journal.dropped,
            "effects": self.ledger.count,
            "tokens": len(self.tokens),
            "tokens_forgotten": self.tokens.forgotten,
        }

    @staticmethod
    def _check_regions(regions: Mapping[str, str]) -> None:
        for name, state in regions.items():
            if name not in REGION_NAMES:
                raise unknown_name("region", name, "regions", REGION_NAMES)
            if state not in STATES:
                raise unknown_name("state", state, f"regions.{name}", STATES)
