"""The switches: live faults, regions, scenario and clock, all settable while traffic runs."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Body

from battle_healer_mock.control.bodies import ClockBody, FaultBody, ScenarioBody
from battle_healer_mock.control.scenario import load_scenario
from battle_healer_mock.dialects.table import DIALECTS
from battle_healer_mock.errors import BadInputError, unknown_name
from battle_healer_mock.faults.table import FAULTS
from battle_healer_mock.regions import listing
from battle_healer_mock.state import State

Json = dict[str, Any]


class Switches:
    """The switches of one state."""

    def __init__(self, state: State) -> None:
        self._state = state

    def router(self) -> APIRouter:
        """Path and method of each switch."""
        api = APIRouter(prefix="/control", tags=["control"])
        api.add_api_route("", self.overview, methods=["GET"])
        api.add_api_route("/faults", self.list_faults, methods=["GET"])
        api.add_api_route("/faults", self.add_fault, methods=["POST"], status_code=201)
        api.add_api_route("/faults", self.clear_faults, methods=["DELETE"])
        api.add_api_route("/faults/{id}", self.remove_fault, methods=["DELETE"])
        api.add_api_route("/regions", self.list_regions, methods=["GET"])
        api.add_api_route("/regions", self.set_regions, methods=["POST"])
        api.add_api_route("/scenario", self.scenario, methods=["GET"])
        api.add_api_route("/scenario", self.load_scenario, methods=["POST"])
        api.add_api_route("/clock", self.clock, methods=["GET"])
        api.add_api_route("/clock", self.advance_clock, methods=["POST"])
        return api

    async def overview(self) -> Json:
        """Everything that can be set, as it stands, and the faults that are known."""
        known = [
            {"name": f.name, "aliases": list(f.aliases), "symptom": f.symptom, "cure": f.cure,
             "stage": int(f.stage), "values": list(f.argument.forms) if f.argument else []}
            for f in FAULTS
        ]  # fmt: skip
        return {
            **self._state.status(),
            "known_faults": known,
            "dialects": [d.name for d in DIALECTS],
        }

    async def list_faults(self) -> Json:
        """The live faults in force, and how often each fault was asked and struck."""
        status = self._state.status()
        return {"faults": status["faults"], "fired": status["fired"]}

    async def add_fault(self, body: FaultBody) -> Json:
        """A live fault; with `ttl_s` it ends by itself. The first that matches a call applies."""
        now_s = self._state.clock.now()
        row = self._state.live.add(body.calls, body.trigger, body.method, body.ttl_s, now_s)
        return row.as_json(now_s)

    async def clear_faults(self) -> Json:
        """Remove all live faults."""
        return {"removed": self._state.live.remove([row.id for row in self._state.live.rows])}

    async def remove_fault(self, id: str) -> Json:
        """Remove one live fault."""
        known = [row.id for row in self._state.live.rows]
        if id not in known:
            raise unknown_name("live fault", id, "path", known)
        return {"removed": self._state.live.remove([id])}

    async def list_regions(self) -> Json:
        """All regions and their states."""
        return {"regions": listing(tuple(self._state.regions.values()))}

    async def set_regions(
        self,
        body: Annotated[dict[str, str], Body(examples=[{"us": "down"}])],
    ) -> Json:
        """Set states of regions: up, down, maintenance or gone."""
        self._state.set_regions(body)
        return {"regions": listing(tuple(self._state.regions.values()))}

    async def scenario(self) -> Json:
        """The scenario in force and what has come of it so far."""
        return self._state.status()

    async def load_scenario(self, body: ScenarioBody) -> Json:
        """Load a scenario on a clean self._state."""
        load_scenario(self._state, body)
        return self._state.status()

    async def clock(self) -> Json:
        """What time it is on the server, and how many exchanges wait for it."""
        return _clock(self._state)

    async def advance_clock(self, body: ClockBody) -> Json:
        """Let time pass on a manual clock."""
        if self._state.clock.mode != "manual":
            raise BadInputError(
                "the clock is real", "clock", "Start with --clock manual to set it."
            )
        if body.jump is not None:
            self._state.clock.jumps = body.jump
        self._state.clock.advance(body.advance_s)
        return _clock(self._state)


def _clock(state: State) -> Json:
    clock = state.clock
    return {
        "mode": clock.mode,
        "jump": clock.jumps,
        "now_s": round(clock.now(), 6),
        "wall": clock.wall().isoformat(),
        "sleepers": clock.sleepers,
    }
