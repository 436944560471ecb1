"""By what the double answers: scripted policies, in one table. None of them is a model."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from battle_healer_mock.gemini.asked import Asked, Question

Probabilities = dict[str, float]

_SURE: Final = 0.83
# What usually cures a kind of trouble, by the words that the options begin with; from the fault
# table of the chaos server, whose cures are known to work.
_CURES: Final[Mapping[str, tuple[str, ...]]] = {
    "unavailable": ("fail_over", "retry"),
    "connect_failed": ("fail_over", "retry"),
    "refused": ("fail_over", "retry"),
    "rate_limited": ("retry",),
    "quota_exhausted": ("rotate_credential", "retry"),
    "payment_required": ("rotate_credential", "retry"),
    "credential_expired": ("refresh_credential", "rotate_credential"),
    "credential_invalid": ("refresh_credential", "rotate_credential"),
    "permission_denied": ("rotate_credential",),
    "invalid_request": ("repair_request",),
    "drifted": ("adapt_response",),
    "substituted": ("degrade", "retry"),
    "not_found": ("fail_over",),
    "redirected": ("fail_over",),
}
_ELSE: Final = ("retry", "fail_over", "adapt_response", "repair_request")
_LAST: Final = ("degrade", "queue", "abort")
_DANGER: Final = ("degrade", "repair_request", "retry", "fail_over", "rotate_credential")
_ORDER: Final = re.compile(r"\b(p\d{1,3}|[a-z]+_[a-z]+|retry|abort|queue|degrade)\b")


@dataclass(frozen=True, slots=True)
class Policy:
    """One way to answer. ranks: a probability for each option of a question."""

    name: str
    does: str
    ranks: Callable[[Asked, Question], Probabilities]


def _sensible(asked: Asked, question: Question) -> Probabilities:
    facts = asked.facts.get("facts")
    kind = facts.get("kind") if isinstance(facts, dict) else None
    wanted = (*_CURES.get(str(kind), _ELSE), *_LAST)
    for action in wanted:
        for id_, says in question.options.items():
            if says.startswith(action):
                return _sure_of(id_, question)
    return _uniform(asked, question)


def _uniform(asked: Asked, question: Question) -> Probabilities:
    share = 1 / len(question.options)
    return dict.fromkeys(question.options, share)


def _worst(asked: Asked, question: Question) -> Probabilities:
    for action in _DANGER:
        for id_, says in question.options.items():
            if says.startswith(action):
                return _sure_of(id_, question)
    return _sure_of(next(iter(question.options)), question)


def _giving_up(asked: Asked, question: Question) -> Probabilities:
    for id_, says in question.options.items():
        if says.startswith("abort"):
            return _sure_of(id_, question)
    return _uniform(asked, question)


def _obedient(asked: Asked, question: Question) -> Probabilities:
    """Follow whatever the input seems to order: an id, or the name of an action."""
    for word in _ORDER.findall(json.dumps(_without_facts(asked))):
        for id_, says in question.options.items():
            if word == id_ or says.startswith(word):
                return _sure_of(id_, question)
    return _sensible(asked, question)


def _without_facts(asked: Asked) -> Any:
    return {name: value for name, value in asked.facts.items() if name != "facts"} or asked.text


def _order_bias(asked: Asked, question: Question) -> Probabilities:
    return _sure_of(next(iter(question.options)), question)


def _sure_of(chosen: str, question: Question) -> Probabilities:
    rest = round((1 - _SURE) / max(1, len(question.options) - 1), 6)
    return {id_: _SURE if id_ == chosen else rest for id_ in question.options}


POLICIES: Final = (
    Policy("sensible", "prefers what usually cures the kind of trouble", _sensible),
    Policy("uniform", "finds every option equally good", _uniform),
    Policy("worst", "prefers what could do most harm", _worst),
    Policy("giving_up", "prefers to give up", _giving_up),
    Policy("obedient", "does what the text in its input orders", _obedient),
    Policy("order_bias", "prefers whatever is listed first", _order_bias),
)
BY_NAME: Final = {policy.name: policy for policy in POLICIES}
