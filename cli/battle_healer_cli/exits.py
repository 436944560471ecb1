"""The exit codes: one table, by outcome and by what else may happen."""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    """How a command ends. `meaning` completes "it ends with this code when ..."."""

    meaning: str

    OK = 0, "all is well, or the call was delivered"
    OURS = 1, "battle-healer itself is at fault"
    USAGE = 2, "the command, a policy or a scenario cannot be used as written"
    DEGRADED = 3, "the call got a stale or mocked answer, labelled as such"
    QUEUED = 4, "the call was parked, and delivery goes on without the caller"
    FAILED = 5, "the call failed, and the reason says why no more was done"
    FINDINGS = 6, "a check found something: demo, scenarios, verdict, doctor, policy check"
    INTERRUPTED = 130, "it was interrupted (Ctrl-C)"
    PIPE = 141, "whoever read its output went away"

    def __new__(cls, code: int, meaning: str) -> Exit:
        """One row of the table."""
        row = int.__new__(cls, code)
        row._value_ = code
        row.meaning = meaning
        return row


BY_OUTCOME = {
    "delivered": Exit.OK,
    "degraded": Exit.DEGRADED,
    "queued": Exit.QUEUED,
    "failed": Exit.FAILED,
}
"""The exit code of a call, by the outcome's word."""


def markdown() -> str:
    """The rows as a table for docs."""
    rows = (f"| {row.value} | {row.meaning} |" for row in Exit)
    return "| exit | when |\n|---|---|\n" + "\n".join(rows) + "\n"
