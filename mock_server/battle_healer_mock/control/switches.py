"""The switches: live faults, regions, scenario and clock, all settable while traffic runs."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Body

from battle_healer_mock.control.bodies import ClockBody, FaultBody, ScenarioBody
from battle_healer_mock.dialects.table import DIALECTS
from battle_healer_mock.errors import BadInput, unknown_name
from battle_healer_mock.faults.table import FAULTS
from battle_healer_mock.state import FaultRow, State

Json = dict[str, Any]


def router(state: State) -> APIRouter:
    """The switches of one state."""
    api = APIRouter(prefix="/control", tags=["control"])

    @api.get("")
    async def overview() -> Json:
        """Everything that can be set, as it stands, and the faults that are known."""
        known = [
            {"name": f.name, "aliases": list(f.aliases), "symptom": f.symptom, "cure": f.cure,
             "stage": int(f.stage), "values": list(f.argument.forms) if f.argument else []}
            for f in FAULTS
        ]  # fmt: skip
        return {**state.status(), "known_faults": known, "dialects": [d.name for d in DIALECTS]}

    @api.get("/faults")
    async def list_faults() -> Json:
        """The live faults in force, and how often each fault was asked and struck."""
        status = state.status()
        return {"faults": status["faults"], "fired": status["fired"]}

    @api.post("/faults", status_code=201)
    async def add_fault(body: FaultBody) -> Json:
        """A live fault; with `ttl_s` it ends by itself. The first that matches a call applies."""
        now_s = state.clock.now()
        row = state.live.add(body.calls, body.trigger, body.method, body.ttl_s, now_s)
        return row.as_json(now_s)

    @api.delete("/faults")
    async def clear_faults() -> Json:
        """Remove all live faults."""
        return {"removed": state.live.remove([row.id for row in state.live.rows])}

    @api.delete("/faults/{id}")
    async def remove_fault(id: str) -> Json:
        """Remove one live fault."""
        known = [row.id for row in state.live.rows]
        if id not in known:
            raise unknown_name("live fault", id, "path", known)
        return {"removed": state.live.remove([id])}

    @api.get("/regions")
    async def list_regions() -> Json:
        """All regions and their states."""
        return {"regions": state.region_list({})}

    @api.post("/regions")
    async def set_regions(
        body: Annotated[dict[str, str], Body(examples=[{"us": "down"}])],
    ) -> Json:
        """Set states of regions: up, down, maintenance or gone."""
        state.set_regions(body)
        return {"regions": state.region_list({})}

    @api.get("/scenario")
    async def scenario() -> Json:
        """The scenario in force and what has come of it so far."""
        return state.status()

    @api.post("/scenario")
    async def load_scenario(body: ScenarioBody) -> Json:
        """Load a scenario on a clean state."""
        rows = [FaultRow(f.trigger, f.calls, f.method, f.ttl_s) for f in body.faults]
        state.load(body.name, rows, body.regions, body.seed, body.retry_budget)
        return state.status()

    @api.get("/clock")
    async def clock() -> Json:
        """What time it is on the server, and how many exchanges wait for it."""
        return _clock(state)

    @api.post("/clock")
    async def advance_clock(body: ClockBody) -> Json:
        """Let time pass on a manual clock."""
        if state.clock.mode != "manual":
            raise BadInput("the clock is real", "clock", "Start with --clock manual to set it.")
        state.clock.advance(body.advance_s)
        return _clock(state)

    return api


def _clock(state: State) -> Json:
    clock = state.clock
    return {
        "mode": clock.mode,
        "now_s": round(clock.now(), 6),
        "wall": clock.wall().isoformat(),
        "sleepers": clock.sleepers,
    }
