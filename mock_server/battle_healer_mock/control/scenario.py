"""Loads a scenario, given over the wire or as data when the server starts."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from battle_healer_mock.control.bodies import ScenarioBody
from battle_healer_mock.errors import BadInputError, nearest_name
from battle_healer_mock.state import FaultRow, State


def load_scenario(state: State, body: ScenarioBody) -> None:
    """Begin the scenario on a clean state. Raises BadInputError, and then changes nothing."""
    rows = [FaultRow(f.trigger, f.calls, f.method, f.ttl_s) for f in body.faults]
    seed = None if body.seed is None else str(body.seed)
    state.load(body.name, rows, body.regions, seed, body.retry_budget)


def read_scenario(scenario: dict[str, Any]) -> ScenarioBody:
    """A scenario given as data. Raises BadInputError that names the first item that is wrong."""
    try:
        return ScenarioBody.model_validate(scenario)
    except ValidationError as error:
        first = error.errors()[0]
        path = [str(part) for part in first["loc"]]
        known = tuple(ScenarioBody.model_fields)
        near = nearest_name(path[-1], known) if path else None
        raise BadInputError(
            first["msg"], f"scenario /{'/'.join(path)}", f"Known: {', '.join(known)}.", known, near
        ) from error
