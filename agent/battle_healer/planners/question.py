"""What a model is asked: facts in closed words, and the menu in words of ours (I2, I7).

Only what stands in the tables below can leave the process. Times are told by their scale, so that
the same trouble is the same question, and one answer serves all who ask.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import Any, Final, get_args

from battle_healer.actions.table import BY_NAME as ACTIONS
from battle_healer.model import CredentialFault, Helps, Kind, Plan, Processed
from battle_healer.planners.lexicon import LEXICON
from battle_healer.planners.miss import Miss
from battle_healer.planners.planner import NONE

MOST_PLANS: Final = 16
MOST_BYTES: Final = 6144

INSTRUCTIONS: Final = (
    "An HTTP call of a program failed. Choose the plan that is most likely to bring the call to "
    "its end. What counts, in this order: nothing takes effect twice; the program is told the "
    "truth; the call ends before its deadline; few requests are made. Every plan listed is safe. "
    "Choose `none` if no plan is clearly better than the others."
)
_NONE_SAYS: Final = "no plan is clearly better than the others"

Fact = Callable[[object], object]

_MOST_ROWS: Final = 20
_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE", "POST", "PATCH"})
_SCALES: Final = ((1.0, "under 1 s"), (5.0, "1 to 5 s"), (30.0, "5 to 30 s"), (300.0, "to 5 min"))
_MOST_COUNTED: Final = 999
_LONGER: Final = "more than 5 min"


def scale(seconds: object) -> str | None:
    """How long a time is, in one of six words; None where there is none."""
    if not isinstance(seconds, (int, float)) or isinstance(seconds, bool):
        return None
    if seconds <= 0:
        return "none"
    return next((word for most, word in _SCALES if seconds <= most), _LONGER)


def _one_of(*words: str) -> Fact:
    known = frozenset(words)
    return lambda value: value if isinstance(value, str) and value in known else None


def _some_of(known: Collection[str]) -> Fact:
    def fact(value: object) -> object:
        rows = value if isinstance(value, (list, tuple)) else ()
        return [row for row in rows[:_MOST_ROWS] if isinstance(row, str) and row in known]

    return fact


def _number(value: object) -> int | None:
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _MOST_COUNTED:
        return value
    return None


def _flag(value: object) -> bool | None:
    return value if isinstance(value, bool) else None


def _method(value: object) -> str:
    return value if isinstance(value, str) and value in _METHODS else "another"


FACTS: Final[Mapping[str, Fact]] = {
    "kind": _one_of(*(kind.value for kind in Kind)),
    "processed": _one_of(*get_args(Processed)),
    "helps": _one_of(*get_args(Helps)),
    "credential": _one_of(*get_args(CredentialFault)),
    "soft": _flag,
    "server_wait_s": scale,
    "status": _number,
    "method": _method,
    "repeatable": _flag,
    "requests": _number,
    "remaining_s": scale,
    "regions": _number,
    "credentials": _number,
    "past": _some_of(ACTIONS),
    "words": _some_of(LEXICON),
}
"""What a model may be told; each row turns anything but its own few values into nothing."""


@dataclass(frozen=True)
class Question:
    """One question. input: the JSON text that is sent. options: id to description, `none` last."""

    input: str
    options: Mapping[str, str]

    @cached_property
    def fingerprint(self) -> str:
        """What tells two questions apart."""
        whole = json.dumps([self.input, [*self.options.items()]])
        return sha256(whole.encode()).hexdigest()

    @property
    def sent(self) -> str:
        """All that leaves the process, but for the constant instructions."""
        return json.dumps(json.loads(self.input) | {"options": self.options})

    @property
    def tokens(self) -> int:
        """About how many tokens it takes, rather too many: bytes over three, asked twice."""
        options = sum(len(id_) + len(says) for id_, says in self.options.items())
        return (len(self.input) + 2 * (len(INSTRUCTIONS) + options)) // 3


def put(menu: tuple[Plan, ...], facts: Mapping[str, Any]) -> Question | Miss:
    """Put the choice from a menu into a question, or say why it cannot be asked."""
    if len(menu) > MOST_PLANS:
        return Miss(
            "too_long", f"a menu of {len(menu)} plans; at most {MOST_PLANS} are asked about"
        )
    told = {name: fact(facts.get(name)) for name, fact in FACTS.items()}
    question = Question(json.dumps({"facts": told}), _options(menu))
    if len(question.sent) > MOST_BYTES:
        return Miss(
            "too_long", f"a question of {len(question.sent)} bytes; {MOST_BYTES} are allowed"
        )
    return question


def _options(menu: tuple[Plan, ...]) -> dict[str, str]:
    alike = Counter(plan.action for plan in menu)
    seen: Counter[str] = Counter()
    options = {}
    for plan in menu:
        seen[plan.action] += 1
        place = f", {seen[plan.action]} of {alike[plan.action]}" if alike[plan.action] > 1 else ""
        options[plan.id] = _says(plan) + place
    return options | {NONE: _NONE_SAYS}


def _says(plan: Plan) -> str:
    row = ACTIONS.get(plan.action)
    does = row.does if row is not None else "an action that only this program knows"
    waits = f"; waits {scale(plan.wait_s)}" if plan.sends and plan.wait_s > 0 else ""
    partly = "; incomplete" if plan.adapted is not None and not plan.adapted.complete else ""
    return f"{plan.action}: {does}{waits}{partly}"
