"""Which answers are taken: the SDK checks none of this, so every rule stands here.

Whatever comes, the result is a probability for ids of the menu, or a Miss; never text.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from battle_healer.planners.miss import Miss
from battle_healer.planners.planner import NONE, is_probability
from battle_healer.planners.question import Question

Scores = dict[str, float]

LEAST: Final = 0.5
"""The best plan's probability, at least."""
MARGIN: Final = 0.15
"""By how much the best plan must be ahead of the next."""
BIAS: Final = 0.2
"""By how much the two orders of the options may differ."""
SUM_OFF: Final = 0.02
_STOPS: Final = frozenset({"SAFETY", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "RECITATION"})


class _IllegalError(Exception):
    """A rule of the question is broken; the text is ours."""


def of_decisions(reply: Any, question: Question) -> Scores | Miss:
    """Scores of a Decisions reply. reply: whatever the SDK returned, of any type."""
    if getattr(getattr(reply, "prompt_feedback", None), "block_reason", None) is not None:
        return Miss("refused", "the service blocked the question")
    answers = getattr(reply, "answers", None)
    if not isinstance(answers, Mapping) or not answers:
        return Miss("nonsense", "the reply holds no answers")
    try:
        one, other = (_chances(answers.get(name), question) for name in ("plan", "plan_rev"))
    except _IllegalError as error:
        return Miss("illegal", str(error))
    if max(abs(one[id_] - other[id_]) for id_ in one) > BIAS:
        return Miss("unsure", "the order of the options changed its mind")
    return _clear({id_: (one[id_] + other[id_]) / 2 for id_ in one})


def of_generated(reply: Any, question: Question) -> Scores | Miss:
    """Scores of a generated reply: one id and how sure, as the schema asks."""
    if getattr(getattr(reply, "prompt_feedback", None), "block_reason", None) is not None:
        return Miss("refused", "the service blocked the question")
    finish = _finish(reply)
    if finish in _STOPS:
        return Miss("refused", f"the service stopped: {finish}")
    text = getattr(reply, "text", None)
    if finish != "STOP" or not isinstance(text, str):
        return Miss("nonsense", "the answer did not come to its end")
    try:
        told = json.loads(text)
    except (ValueError, RecursionError):
        return Miss("nonsense", "the answer is no JSON")
    try:
        choice, sure = _chosen(told, question)
    except _IllegalError as error:
        return Miss("illegal", str(error))
    # Nothing is said of the others: at worst all that is left is one plan's.
    return _clear({choice: sure}, 1.0 - sure)


def _chosen(told: Any, question: Question) -> tuple[str, float]:
    """The id and how sure, held to the schema. Raises _IllegalError."""
    if not isinstance(told, dict) or set(told) != {"choice", "confidence"}:
        raise _IllegalError("the answer is not of the form that was asked for")
    choice, sure = told["choice"], told["confidence"]
    if not isinstance(choice, str) or choice not in question.options:
        raise _IllegalError("the answer names what is not on the menu")
    if not is_probability(sure):
        raise _IllegalError("the answer gives a probability that is none")
    return choice, float(sure)


def _finish(reply: Any) -> str | None:
    candidates = getattr(reply, "candidates", None)
    if not isinstance(candidates, list) or not candidates:
        return None
    finish = getattr(candidates[0], "finish_reason", None)
    name = getattr(finish, "value", finish)
    return name if isinstance(name, str) else None


def _chances(answer: Any, question: Question) -> Scores:
    """The probabilities of one answer, held to every rule. Raises _IllegalError."""
    if getattr(answer, "type", None) != "choice":
        raise _IllegalError("a question was not answered by a choice")
    chances = getattr(answer, "probabilities", None)
    if not isinstance(chances, Mapping) or set(chances) != set(question.options):
        raise _IllegalError("the probabilities are not those of the menu")
    if not all(map(is_probability, chances.values())):
        raise _IllegalError("the answer gives a probability that is none")
    if abs(sum(chances.values()) - 1) > SUM_OFF:
        raise _IllegalError("the probabilities do not add up to 1")
    choice = getattr(answer, "choice", None)
    if not isinstance(choice, str) or chances.get(choice) != max(chances.values()):
        raise _IllegalError("the choice is not what it finds most probable")
    return {id_: float(chances[id_]) for id_ in question.options}


def _clear(scores: Scores, next_best: float | None = None) -> Scores | Miss:
    """The scores, if one plan is clearly ahead."""
    (best, top), *others = sorted(scores.items(), key=lambda pair: -pair[1])
    second = next_best if next_best is not None else (others[0][1] if others else 0.0)
    if best == NONE:
        return Miss("unsure", f"no plan is clearly better ({NONE} {top:.2f})")
    if top < LEAST or top - second < MARGIN:
        return Miss("unsure", f"{best} {top:.2f}, next {second:.2f}: too close")
    return dict(sorted(scores.items(), key=lambda pair: -pair[1]))
