"""The nine actions in the order in which a menu lists them."""

from __future__ import annotations

from typing import Final

from battle_healer.actions import (
    abort,
    adapt_response,
    degrade,
    fail_over,
    queue,
    refresh_credential,
    repair_request,
    retry,
    rotate_credential,
)
from battle_healer.actions.action import Action

ACTIONS: Final[tuple[Action, ...]] = (
    adapt_response.ROW,
    refresh_credential.ROW,
    rotate_credential.ROW,
    repair_request.ROW,
    fail_over.ROW,
    retry.ROW,
    degrade.ROW,
    queue.ROW,
    abort.ROW,
)
BY_NAME: Final = {action.name: action for action in ACTIONS}


def markdown() -> str:
    """Return the rows as a table for docs/actions.md."""
    head = "| action | does | a plan exists when | known elsewhere as |\n|---|---|---|---|\n"
    rows = (
        f"| `{a.name}` | {a.does} | {a.when} | {', '.join(a.known_as) or '-'} |" for a in ACTIONS
    )
    return head + "\n".join(rows) + "\n"
