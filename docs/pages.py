"""The pages of docs/ that are written from tables: `make docs`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

from battle_healer import guardrails
from battle_healer.actions import table as actions
from battle_healer.diagnosis import table as readers
from battle_healer.planners import heuristic
from battle_healer.policy.defaults import defaults_markdown
from battle_healer_cli import exits
from battle_healer_mock.faults import table as faults
from battle_healer_mock.verdict import table as verdict

HERE: Final = Path(__file__).parent
_NOTE: Final = "Written from the table in the code by `make docs`; change the table, not this page."

_VERDICT: Final = """\
`healer verdict --url http://127.0.0.1:8001`, or `GET /verdict`, judges the client that a mock
server has seen, by the rules below. `POST /verdict/close` says that the traffic is over; rules
about calls that were given up need that, or a few quiet seconds.

- The grade is `fail` on anything critical or major, `warn` on anything minor, else `pass`. When the
  journal had to drop rows it is at best `unknown`.
- A rule with no opportunity is *not exercised*, which is not the same as kept.
- Calls are told apart by `Healer-Call`, correlation id with method and path, idempotency key or
  `traceparent`. What rests on a call without any name is reported as possible, and never fails.
- On a manual clock a client's waits must advance it, or rules about pace see none.
"""


def _page(title: str, *parts: str) -> str:
    return "\n".join([f"# {title}", "", _NOTE, "", *parts])


PAGES: Final[dict[str, Callable[[], str]]] = {
    "faults.md": faults.markdown,
    "defaults.md": defaults_markdown,
    "actions.md": lambda: _page("Actions", actions.markdown()),
    "guardrails.md": lambda: _page("Guardrails", guardrails.markdown()),
    "planners.md": lambda: _page("The heuristic table", heuristic.markdown()),
    "readers.md": lambda: _page("Readers of failures", readers.markdown()),
    "verdict.md": lambda: _page("The verdict", _VERDICT, verdict.markdown()),
    "exit-codes.md": lambda: _page("Exit codes", exits.markdown()),
}


def main() -> None:
    """Write every page."""
    for name, text in PAGES.items():
        (HERE / name).write_text(text(), "utf-8")


if __name__ == "__main__":
    main()
