"""The pages of docs/ that are written from tables: `make docs`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

from battle_healer import guardrails
from battle_healer.actions import table as actions
from battle_healer.diagnosis import table as readers
from battle_healer.planners import heuristic, miss
from battle_healer.policy.defaults import defaults_markdown
from battle_healer.settings import GeminiSettings
from battle_healer_cli import exits
from battle_healer_mock import bounds
from battle_healer_mock.faults import table as faults
from battle_healer_mock.gemini import faults as double
from battle_healer_mock.verdict import table as verdict
from battle_healer_replay import transitions

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

_GEMINI: Final = """\
A model may choose what is done next; it never writes anything, and its failure changes nothing for
the worse. `--planner gemini` asks at the first choice of an episode, `--planner auto` at the first
where the [heuristic table](planners.md) is not sure; `HEALER_PLANNER` and `planner:` in a policy,
for all or for one destination or endpoint, say the same. Both need
`pip install 'battle-healer[gemini]'` and `GEMINI_API_KEY`. Without a key `healer demo --planner
gemini` and `healer scenarios` ask a double, through the same SDK and the same bytes.

- Sent: facts in words of closed lists, and the menu in words of ours; nothing of the exchange's
  text, no value, no name, no address. `healer call --explain` shows what was sent, word for word.
- Taken: a probability for each id of the menu, asked for in both orders of the options at once.
  The best must have 0.5, be 0.15 ahead of the next, and the orders must agree within 0.2. Where
  the heuristics are sure that something helps, a model cannot give up instead.
- Bounded: one question an episode, one for all who ask the same within a minute, a quarter of the
  time that is left and at most 1.5 s, 64 KiB of answer, no redirects, no proxy of the environment.
  After 3 failures in a row nothing is asked for 30 s, and never before a time that the service
  names (`Retry-After`, `RetryInfo`; up to a day).
- Free-tier content may be used to improve the service's products; see its terms before you set a
  key of a project without billing.

`healer mock --gemini` runs the double, which fails as it is told: `--simulate unavailable*2,hang`,
or `POST /control`. What it was sent stands at `/control/wire`.
"""


def _settings(model: type[GeminiSettings]) -> str:
    rows = (
        f"| `HEALER_GEMINI_{name.upper()}` | {'' if info.default is None else info.default} "
        f"| {info.description} |"
        for name, info in model.model_fields.items()
    )
    return "| setting | default | is |\n|---|---|---|\n" + "\n".join(rows) + "\n"


_MEMORY: Final = """\
What a mock server remembers is bounded, however long it runs. Each bound is an option of
`healer mock`; what was dropped is always said, and never counted as if it had not been.
"""


def _page(title: str, *parts: str) -> str:
    return "\n".join([f"# {title}", "", _NOTE, "", *parts])


PAGES: Final[dict[str, Callable[[], str]]] = {
    "faults.md": faults.markdown,
    "defaults.md": defaults_markdown,
    "actions.md": lambda: _page("Actions", actions.markdown()),
    "guardrails.md": lambda: _page("Guardrails", guardrails.markdown()),
    "planners.md": lambda: _page("The heuristic table", heuristic.markdown()),
    "gemini.md": lambda: _page(
        "A model that chooses",
        _GEMINI,
        "## Settings\n",
        _settings(GeminiSettings),
        "## When it does not say\n\nThe heuristics choose, and the step tells why.\n",
        miss.markdown(),
        "## How the double can fail\n",
        double.markdown(),
    ),
    "readers.md": lambda: _page("Readers of failures", readers.markdown()),
    "verdict.md": lambda: _page("The verdict", _VERDICT, verdict.markdown()),
    "mock-memory.md": lambda: _page("What the mock remembers", _MEMORY, bounds.markdown()),
    "queue-transitions.md": lambda: _page("What may become of an entry", transitions.markdown()),
    "exit-codes.md": lambda: _page("Exit codes", exits.markdown()),
}


def main() -> None:
    """Write every page."""
    for name, text in PAGES.items():
        (HERE / name).write_text(text(), "utf-8")


if __name__ == "__main__":
    main()
