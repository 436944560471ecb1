"""A Gemini model chooses from the closed menu, and only there; the heuristics stand behind it.

What it does: sends the facts in closed words and the menu in our words, and takes a probability
for each id. Where no clear answer comes in time, for whatever reason, the heuristics choose.
What it needs: `pip install 'battle-healer[gemini]'`, and GEMINI_API_KEY.
What it cannot do: write a URL, a header, a value or a delay, or choose what the guardrails struck.
What it costs: at most one call an episode, one for all who ask the same within a minute, and
never more than its budgets. `healer doctor` shows them.
"""

from __future__ import annotations

import atexit
import logging
import math
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import CancelledError
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any, Final, NoReturn

from battle_healer.commands import Abstain, Ranking
from battle_healer.model import Kind, Plan
from battle_healer.planners import heuristic
from battle_healer.planners.breaker import Breaker
from battle_healer.planners.budget import Budget, allowed
from battle_healer.planners.flights import Flights
from battle_healer.planners.gemini.thread import LoopThread
from battle_healer.planners.gemini.trouble import miss_of
from battle_healer.planners.miss import Miss
from battle_healer.planners.planner import Planner
from battle_healer.planners.question import Question, put
from battle_healer.rules import PlannerBudget

if TYPE_CHECKING:
    from battle_healer.planners.gemini.acceptance import Scores
    from battle_healer.planners.gemini.sdk import Sdk
    from battle_healer.settings import GeminiSettings

NAME: Final = "gemini"
AT_ONCE: Final = 4
"""Questions under way; one more is answered by the heuristics at once."""
MARGIN_S: Final = 0.02
"""Kept of the budget, so that its own word arrives before whoever asks stops waiting."""

_log: Final = logging.getLogger("battle_healer")
_GIVING_UP: Final = ("degrade", "queue", "abort")  # better ones first


@dataclass(frozen=True, slots=True)
class _Answer:
    """What came of one question. calls: 1 if it was sent. tokens: what it used, or about."""

    found: Scores | Miss
    model: str = ""
    calls: int = 0
    tokens: int = 0


class Gemini:
    """The planner; one serves a whole process. Thread-safe.

    settings: see `battle_healer.settings`. now: monotonic seconds. Nothing is imported and no
    thread started before the first question or `warm`.
    """

    name = NAME

    def __init__(self, settings: GeminiSettings, now: Callable[[], float] = time.monotonic) -> None:
        self._settings, self._now = settings, now
        self._thread = LoopThread("healer-gemini")
        self._slots = threading.BoundedSemaphore(AT_ONCE)
        self._breaker = Breaker(now, self._tell)
        self._flights: Flights[_Answer] = Flights(now, _is_answer)
        self._budget = Budget(settings.usd_per_million_tokens, _epoch_s, self._tell)
        self._allowed = allowed(settings.budget)
        self._sdk: Sdk | None = None
        self._way = 0 if settings.api == "decisions" else 1
        self._ready = threading.Event()
        self._lock = threading.Lock()

    def rank(
        self,
        menu: tuple[Plan, ...],
        facts: Mapping[str, Any],
        budget_s: float,
        budget: PlannerBudget | None = None,
    ) -> Ranking | Abstain:
        """Let the model choose, within `budget_s`; abstains for every kind of failure.

        budget: what may have been spent; None for what the settings allow.
        """
        deadline = self._now() + budget_s - MARGIN_S
        if facts.get("model_calls_left", 1) < 1:
            return Abstain("spent", "this call has had its model call")
        question = put(menu, facts)
        if isinstance(question, Miss):
            return Abstain(question.kind, question.why)
        tokens = 0  # what is another's answer is in the other's books

        def ask() -> _Answer:
            nonlocal tokens
            led = self._asked(question, deadline, budget or self._allowed)
            tokens = led.tokens
            return led

        try:
            wait_s = max(0.0, deadline - self._now())
            answer = self._flights.share(question.fingerprint, ask, wait_s)
        except TimeoutError:
            answer = _Answer(Miss("slow", "no answer came in time to another who asked the same"))
        sent = question.sent if answer.calls else ""
        found = _held_up(answer.found, menu, facts)
        if isinstance(found, Miss):
            return Abstain(found.kind, found.why, answer.calls, sent, tokens, self._off_s)
        return Ranking(found, NAME, _in_words(answer.model, found), answer.calls, sent, tokens)

    def within(self, budget: Mapping[str, float]) -> Planner:
        """The same planner, for a policy that sets these rows of its budget."""
        return _Within(self, allowed(self._settings.budget, budget))

    def warm(self, wait_s: float) -> bool:
        """Load the SDK now, and wait so long for it; whether it can be asked."""
        if self._unfit() is not None:
            return False
        self._prepare()
        return self._ready.wait(wait_s) and self._sdk is not None

    def status(self) -> dict[str, str]:
        """Lines for people: model, where, breaker, budget. Never the key."""
        return {
            "model": self._settings.model,
            "at": self._settings.base_url,
            "breaker": self._breaker.state,
            "spent today": self._budget.spent(self._allowed),
        }

    @property
    def _off_s(self) -> float | None:
        """For how long nothing is asked; None for until the settings change."""
        left_s = self._breaker.left_s
        return left_s if math.isfinite(left_s) else None

    def close(self) -> None:
        """End the thread and its connections; a later question starts anew."""
        sdk = self._sdk
        if sdk is not None and not self._thread.is_new:
            try:
                self._thread.submit(sdk.close).result(1.0)
            except Exception as error:
                _log.debug("closing the planner: %s", type(error).__name__)
        self._thread.close()
        self._sdk = None
        self._ready.clear()

    def __repr__(self) -> str:
        return f"<Gemini {self._settings.model}>"

    def _refuse(self, *_: object) -> NoReturn:
        raise TypeError("a planner holds an API key and cannot be pickled or copied")

    __reduce_ex__ = _refuse  # pickle and copy ask it first

    def _asked(self, question: Question, deadline: float, budget: PlannerBudget) -> _Answer:
        """Ask once: breaker, slot and budget first, then the service."""
        blocked = self._breaker.blocks() or self._unfit()
        if blocked is not None:
            return _Answer(blocked)
        if not self._slots.acquire(blocking=False):
            return _Answer(Miss("busy", f"{AT_ONCE} questions are under way"))
        try:
            return self._in_turn(question, deadline, budget)
        finally:
            self._slots.release()

    def _unfit(self) -> Miss | None:
        """Why these settings cannot work; told once, since the breaker then stays open."""
        why = self._settings.problem()
        if why is None:
            return None
        miss = Miss("misconfigured", why)
        if self._breaker.blocks() is None:
            self._breaker.saw(miss)
        return miss

    def _in_turn(self, question: Question, deadline: float, budget: PlannerBudget) -> _Answer:
        self._prepare()
        if not self._ready.wait(max(0.0, deadline - self._now())):
            return _Answer(Miss("warming", "its library is still being loaded"))
        sdk = self._sdk
        if sdk is None:
            return _Answer(self._breaker.blocks() or Miss("down", "it could not be loaded"))
        spent = self._budget.take(question.tokens, budget)
        if spent is not None:
            return _Answer(spent)
        found, used = self._exchanged(sdk, question, deadline)
        if used is not None:
            self._budget.correct(question.tokens, used)
        model = sdk.model(self._way)
        self._learn(found)
        return _Answer(found, model, 1, question.tokens if used is None else used)

    def _exchanged(
        self, sdk: Sdk, question: Question, deadline: float
    ) -> tuple[Scores | Miss, int | None]:
        left_s = deadline - self._now()
        if left_s <= 0:
            return Miss("slow", "no time was left for it"), 0
        way = self._way

        async def talk() -> tuple[Scores | Miss, int | None]:
            try:
                return await sdk.ask(question, way)
            except Exception as error:
                # I2: the error holds the key, and its text what the other side wrote.
                return miss_of(error), None

        # The SDK's own time-outs are of single reads and writes: drops would go on for ever.
        future = self._thread.submit(talk)
        try:
            return future.result(left_s)
        except (TimeoutError, CancelledError):
            future.cancel()
            return Miss("slow", "no answer came in time"), None

    def _learn(self, found: Scores | Miss) -> None:
        """Tell the breaker; ask in another way next time where this one is not known."""
        miss = found if isinstance(found, Miss) else None
        if miss is not None and miss.kind == "no_model":
            from battle_healer.planners.gemini.sdk import WAYS  # noqa: PLC0415 -- loads the SDK

            with self._lock:
                if self._way + 1 < len(WAYS):
                    self._way += 1
                    return
            miss = Miss("misconfigured", miss.why)
        self._breaker.saw(miss)

    def _prepare(self) -> None:
        """Begin to load the SDK in the planner's thread, once."""
        with self._lock:
            if not self._thread.is_new:
                return
            self._ready.clear()
            self._thread.submit(self._load)

    async def _load(self) -> None:
        try:
            from battle_healer.planners.gemini.sdk import Sdk  # noqa: PLC0415 -- 1.3 s of CPU

            key = self._settings.api_key
            self._sdk = Sdk(self._settings, key.reveal() if key is not None else "")
        except ModuleNotFoundError as error:
            missing = error.name or "a module"
            fix = "type: pip install 'battle-healer[gemini]'"
            self._breaker.saw(Miss("misconfigured", f"{missing} is not installed; {fix}"))
        except Exception as error:
            # I2: its text may hold the key.
            what = f"the SDK does not take the settings ({type(error).__name__})"
            self._breaker.saw(Miss("misconfigured", what))
        finally:
            self._ready.set()

    def _tell(self, line: str) -> None:
        _log.warning("planner %s: %s; the heuristics choose instead", NAME, line)


@dataclass(frozen=True, slots=True)
class _Within:
    """The process's planner, held to the budget of one policy. What is spent is everybody's."""

    shared: Gemini
    budget: PlannerBudget
    name: str = NAME

    def rank(
        self, menu: tuple[Plan, ...], facts: Mapping[str, Any], budget_s: float
    ) -> Ranking | Abstain:
        """As `Gemini.rank`."""
        return self.shared.rank(menu, facts, budget_s, self.budget)


def gemini() -> Gemini:
    """The planner of this process for the settings as they are now. Raises SettingsError.

    Budgets, breaker and connections are the process's, not a client's: a program that makes a
    client for every call must not get a new budget with each.
    """
    from battle_healer.settings import load_gemini  # noqa: PLC0415 -- brings in pydantic

    return _for(load_gemini())


@cache
def _for(settings: GeminiSettings) -> Gemini:
    planner = Gemini(settings)
    # Its connections would otherwise be torn down by the interpreter, with warnings.
    atexit.register(planner.close)
    return planner


def _epoch_s() -> float:
    return datetime.now(UTC).timestamp()


def _is_answer(answer: _Answer) -> bool:
    return not isinstance(answer.found, Miss) or answer.found.kind == "unsure"


def _held_up(
    found: Scores | Miss, menu: tuple[Plan, ...], facts: Mapping[str, Any]
) -> Scores | Miss:
    """A model may not give up more than the heuristics do where those are sure."""
    if isinstance(found, Miss):
        return found
    kind = Kind(facts["kind"])
    best = next(plan for plan in menu if plan.id == next(iter(found)))
    ours = heuristic.choose(menu, kind)
    if heuristic.row_for(kind).sure and _gives_up(best) > _gives_up(ours):
        return Miss(
            "overruled", f"it prefers {best.action} where {ours.action} is sure to be tried"
        )
    return found


def _gives_up(plan: Plan) -> int:
    return _GIVING_UP.index(plan.action) + 1 if plan.action in _GIVING_UP else 0


def _in_words(model: str, scores: Scores) -> str:
    (best, top), *others = scores.items()
    following = f", next {others[0][0]} {others[0][1]:.2f}" if others else ""
    return f"{model} finds {best} best: {top:.2f}{following}"
