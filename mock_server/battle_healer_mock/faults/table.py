"""The faults, in the order of the documentation. A fault that is not here does not exist."""

from __future__ import annotations

from typing import Final

from battle_healer_mock.dialects.dialect import Dialect, told_in
from battle_healer_mock.dialects.table import DEFAULT, DIALECTS
from battle_healer_mock.fault import STAGE_NAMES, Fault
from battle_healer_mock.faults import (
    ambiguous_500,
    bad_encoding,
    bad_length,
    budget,
    captive_portal,
    conflict,
    drip,
    empty_reply,
    expired_token,
    flaky,
    forbidden,
    garbage,
    gateway_html,
    gone,
    half_headers,
    in_progress,
    key_reused,
    latency,
    malformed_chunk,
    mock,
    overload,
    quota,
    rate_limit,
    redirect,
    region_down,
    repair,
    reset,
    reset_after_effect,
    retryable_500,
    revoked_token,
    schema_drift,
    soft_error,
    stale_connection,
    stall,
    too_early,
    truncated,
)

FAULTS: Final[tuple[Fault, ...]] = (
    region_down.ROW,
    retryable_500.ROW,
    ambiguous_500.ROW,
    flaky.ROW,
    rate_limit.ROW,
    quota.ROW,
    budget.ROW,
    expired_token.ROW,
    revoked_token.ROW,
    forbidden.ROW,
    repair.ROW,
    conflict.ROW,
    in_progress.ROW,
    key_reused.ROW,
    schema_drift.ROW,
    soft_error.ROW,
    mock.ROW,
    captive_portal.ROW,
    gateway_html.ROW,
    too_early.ROW,
    gone.ROW,
    redirect.ROW,
    overload.ROW,
    latency.ROW,
    drip.ROW,
    stall.ROW,
    reset.ROW,
    reset_after_effect.ROW,
    empty_reply.ROW,
    truncated.ROW,
    half_headers.ROW,
    garbage.ROW,
    malformed_chunk.ROW,
    bad_length.ROW,
    bad_encoding.ROW,
    stale_connection.ROW,
)
BY_NAME: Final[dict[str, Fault]] = {
    name: fault for fault in FAULTS for name in (fault.name, *fault.aliases)
}
NAMES: Final = tuple(BY_NAME)


def openapi_enum() -> dict[str, object]:
    """The JSON Schema of a fault's name, for OpenAPI."""
    return {"type": "string", "enum": list(NAMES)}


def markdown() -> str:
    """The page docs/faults.md: an overview, each fault in its own words, and the dialects."""
    groups = _alike()
    told = " | ".join(f"told ({', '.join(d.name for d in group)})" for group in groups)
    lines = [
        "# Faults",
        "",
        "Written from the fault table; change the table, not this page.",
        "",
        f"| fault | stage | symptom | effect | {told} | cure |",
        "|---|---|---|---|" + "---|" * len(groups) + "---|",
        *(_overview(fault, [group[0] for group in groups]) for fault in FAULTS),
    ]
    for fault in FAULTS:
        lines += ["", f"## {fault.name}", "", fault.explanation, *_argument(fault)]
    lines += ["", "## Dialects", "", *_dialects()]
    return "\n".join(lines) + "\n"


def _alike() -> list[list[Dialect]]:
    """The dialects, those together that let a client know the same of every fault."""
    groups: dict[tuple[str, ...], list[Dialect]] = {}
    for dialect in DIALECTS:
        told = tuple(told_in(dialect, fault.status, fault.told) for fault in FAULTS)
        groups.setdefault(told, []).append(dialect)
    return list(groups.values())


def _overview(fault: Fault, dialects: list[Dialect]) -> str:
    told = [told_in(dialect, fault.status, fault.told) for dialect in dialects]
    stage = "any" if STAGE_NAMES[fault.stage] == "any" else f"{fault.stage:d}"
    effect: str = fault.effect
    if fault.may_follow:
        stage += f" (`=after`: {fault.stage_for('after'):d})"
        effect += f" (`=after`: {fault.effect_for('after')})"
    cells = (f"`{fault.name}`", stage, fault.symptom, effect, *told, fault.cure)
    return "| " + " | ".join(cells) + " |"


def _argument(fault: Fault) -> list[str]:
    lines = []
    if fault.aliases:
        lines += ["", f"Also written `{'`, `'.join(fault.aliases)}`."]
    if (spec := fault.argument) is not None:
        forms = ", ".join(f"`{form}`" for form in spec.forms)
        default = f"; `{spec.default}` when nothing is written" if spec.default else ""
        lines += ["", f"Value: {spec.help}: {forms}{default}."]
    if fault.needs is not None:
        lines += ["", f"Strikes only a request with a {fault.needs}."]
    return lines


def _dialects() -> list[str]:
    return [
        "How a failure is spelled: `?dialect=NAME` for a request, `fault~NAME` for one fault. What",
        "breaks the connection, and pages of something in front of the API, have no dialect.",
        "",
        "| dialect | is | says that nothing was processed |",
        "|---|---|---|",
        *(f"| `{d.name}` | {d.title} | {_says(d)} |" for d in DIALECTS),
    ]


def _says(dialect: Dialect) -> str:
    if not dialect.says_processed:
        return "never"
    return "`X-Processed: no`" + (' and `"processed": false`' if dialect is DEFAULT else "")
