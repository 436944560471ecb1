"""The faults, in the order of the documentation. A fault that is not here does not exist."""

from __future__ import annotations

from typing import Final

from battle_healer_mock.dialects.dialect import told_in
from battle_healer_mock.dialects.table import DIALECTS
from battle_healer_mock.fault import STAGE_NAMES, Fault
from battle_healer_mock.faults import (
    ambiguous_500,
    budget,
    expired_token,
    flaky,
    latency,
    mock,
    quota,
    rate_limit,
    region_down,
    repair,
    reset,
    reset_after_effect,
    retryable_500,
    revoked_token,
    schema_drift,
    soft_error,
)

FAULTS: Final[tuple[Fault, ...]] = (
    region_down.ROW,
    retryable_500.ROW,
    ambiguous_500.ROW,
    rate_limit.ROW,
    quota.ROW,
    budget.ROW,
    expired_token.ROW,
    revoked_token.ROW,
    repair.ROW,
    schema_drift.ROW,
    soft_error.ROW,
    mock.ROW,
    flaky.ROW,
    latency.ROW,
    reset.ROW,
    reset_after_effect.ROW,
)
BY_NAME: Final[dict[str, Fault]] = {
    name: fault for fault in FAULTS for name in (fault.name, *fault.aliases)
}
NAMES: Final = tuple(BY_NAME)


def openapi_enum() -> dict[str, object]:
    """The JSON Schema of a fault's name, for OpenAPI."""
    return {"type": "string", "enum": list(NAMES)}


def markdown() -> str:
    """The page docs/faults.md: an overview, then each fault in its own words."""
    told = " | ".join(f"told ({dialect.name})" for dialect in DIALECTS)
    lines = [
        "# Faults",
        "",
        "Written from the fault table; change the table, not this page.",
        "",
        f"| fault | stage | symptom | effect | {told} | cure |",
        "|---|---|---|---|" + "---|" * len(DIALECTS) + "---|",
        *(_overview(fault) for fault in FAULTS),
    ]
    for fault in FAULTS:
        lines += ["", f"## {fault.name}", "", fault.explanation, *_argument(fault)]
    return "\n".join(lines) + "\n"


def _overview(fault: Fault) -> str:
    told = [told_in(dialect, fault.status, fault.told) for dialect in DIALECTS]
    stage = "any" if STAGE_NAMES[fault.stage] == "any" else f"{fault.stage:d}"
    cells = (f"`{fault.name}`", stage, fault.symptom, fault.effect, *told, fault.cure)
    return "| " + " | ".join(cells) + " |"


def _argument(fault: Fault) -> list[str]:
    lines = []
    if fault.aliases:
        lines += ["", f"Also written `{'`, `'.join(fault.aliases)}`."]
    if (spec := fault.argument) is not None:
        forms = ", ".join(f"`{form}`" for form in spec.forms)
        default = f"; `{spec.default}` when nothing is written" if spec.default else ""
        lines += ["", f"Value: {spec.help}: {forms}{default}."]
    return lines
