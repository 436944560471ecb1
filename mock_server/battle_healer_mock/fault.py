"""The row type of the fault table, and what a fault's function is given when it fires."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING, Final, Literal

from battle_healer_mock.answer import Answer, Told
from battle_healer_mock.argument import WHEN, Argument
from battle_healer_mock.clock import SLACK_S

if TYPE_CHECKING:
    from battle_healer_mock.exchange import Exchange

Binding = Literal["call", "region", "token", "credential", "body", "draw"]
Cure = Literal[
    "resend", "wait", "region", "refresh", "credential", "body", "version", "adapt", "label",
    "key", "patience", "abort",
]  # fmt: skip
Effect = Literal["none", "once", "as the reply"]
Need = Literal["body", "key", "used connection"]


class Stage(IntEnum):
    """Where in the server a fault strikes; of several faults the lowest stage answers first."""

    EDGE = 1
    EARLY = 2
    REGION = 3
    AUTH = 4
    ALLOWANCE = 5
    REQUEST = 6
    BEFORE_EFFECT = 7
    WITHOUT_SERVICE = 8
    EFFECT = 9
    AFTER_EFFECT = 10
    SHAPE = 11
    WIRE = 12
    ANY = 99  # a modifier: rides on whatever reply there is


STAGE_NAMES: Final = {
    Stage.EDGE: "edge",
    Stage.EARLY: "early data",
    Stage.REGION: "region",
    Stage.AUTH: "authentication",
    Stage.ALLOWANCE: "allowance",
    Stage.REQUEST: "request and key state",
    Stage.BEFORE_EFFECT: "before the effect",
    Stage.WITHOUT_SERVICE: "answers without the service",
    Stage.EFFECT: "effect",
    Stage.AFTER_EFFECT: "after the effect",
    Stage.SHAPE: "shape of the answer",
    Stage.WIRE: "wire of the answer",
    Stage.ANY: "any",
}


@dataclass(slots=True)
class Tally:
    """How often a fault could have struck, and how often it did."""

    asked: int = 0
    fired: int = 0


@dataclass(slots=True)
class Memo:
    """What one fault of one call remembers between attempts.

    bound: the region, token or credential that it struck first; its cure is to change that.
    until_s: server time before which it strikes again without counting, for waits.
    kept: whatever the fault itself wants to remember.
    """

    fired: int = 0
    asked: int = 0
    bound: str | None = None
    first_s: float | None = None
    until_s: float | None = None
    kept: object = None


@dataclass(slots=True)
class Shot:
    """One chance of one fault to strike: the exchange, the argument as read, its memory, its count.

    A value: not frozen for the reason that answer.py gives.
    """

    x: Exchange
    argument: object
    site: str
    memo: Memo
    tally: Tally

    def draw(self, question: str) -> float:
        """A number in [0, 1), the same in every run for this call, attempt and question."""
        return self.x.draw(f"{self.site}/{question}")

    @property
    def is_early(self) -> bool:
        """Whether the client came back before the wait that this fault asked for was over."""
        return self.memo.until_s is not None and self.x.now_s < self.memo.until_s - SLACK_S

    def hold(self, wait_s: float) -> float:
        """Ask for a wait of `wait_s`, or for the rest of one that runs; returns the seconds."""
        if not self.is_early:
            self.memo.until_s = self.x.now_s + wait_s
        return (self.memo.until_s or self.x.now_s) - self.x.now_s


@dataclass(frozen=True, slots=True)
class Fault:
    """One way to fail. `name` is the word in X-Simulate-Failure; `cure` must really work.

    symptom: completes "the server showed ...".
    status: of the reply, None where there is no HTTP reply or it keeps its own.
    effect: whether the write has taken effect when the client sees the symptom.
    told: what the client can know from the reply, in a dialect that can say everything.
    heals: the kind of change that ends it; `cure` says the same for people.
    heals_after_s: a bound fault ends by itself this long after it first struck.
    needs: what a request must have for the fault to strike it.
    answer: returns None when the fault has nothing to strike, and then it does not count.
    delay_s, gap_s: of a modifier: seconds before the reply, and between its bytes.
    """

    name: str
    stage: Stage
    binding: Binding
    symptom: str
    cure: str
    heals: Cure
    told: Told
    effect: Effect = "none"
    status: int | None = None
    argument: Argument | None = None
    heals_after_s: float | None = None
    needs: Need | None = None
    aliases: tuple[str, ...] = field(default=())
    answer: Callable[[Shot], Answer | None] | None = None
    delay_s: Callable[[Shot], float] | None = None
    gap_s: Callable[[Shot], float] | None = None

    @property
    def may_follow(self) -> bool:
        """Whether `=after` moves it behind the effect."""
        return self.argument is WHEN

    def stage_for(self, argument: object) -> Stage:
        """Where it strikes with this argument."""
        return Stage.AFTER_EFFECT if self.may_follow and argument == "after" else self.stage

    def effect_for(self, argument: object) -> Effect:
        """Whether the write has taken effect when it strikes with this argument."""
        return "once" if self.may_follow and argument == "after" else self.effect

    @property
    def explanation(self) -> str:
        """The docstring of the fault's own file, as `healer explain` prints it."""
        function = self.answer or self.delay_s or self.gap_s
        module = sys.modules[function.__module__] if function else None
        return (module.__doc__ or "").strip() if module else ""
