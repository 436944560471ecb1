"""From a field's name, as an error spells it, to a pointer as the request spells it."""

from __future__ import annotations

import re
from typing import Any, Final

from battle_healer.diagnosis.exchange import Exchange
from battle_healer.diagnosis.finding import Blame
from battle_healer.diagnosis.members import tokens_of
from battle_healer.naming import plain
from battle_healer.pointers import ABSENT, get, join

_MOST_MEMBERS: Final = 500
_HEADER: Final = re.compile(r"[A-Za-z0-9-]{2,64}")


def field(x: Exchange, blame: Blame) -> str:
    """The field as a diagnosis names it: a pointer, or `query:`, `header:`, `path:` and a name."""
    if blame.place == "header":
        return f"header:{blame.name.lower()}"
    if blame.place != "body":
        return f"{blame.place}:{blame.name}"
    if x.sent is ABSENT:
        return _outside(x, blame.name)
    return _located(x, blame.name)


def stands_in(x: Exchange, name: str) -> bool:
    """Whether the request has something of this name, in its body or its query."""
    tokens = tokens_of(name)
    if not tokens:
        return False
    if name in x.query:
        return True
    return x.sent is not ABSENT and _found(x, tokens) is not None


def _located(x: Exchange, name: str) -> str:
    """The pointer of a field in the request; where it is missing, the one at which it should stand.

    A name that fits nowhere from the top is looked for below: within `variables` of a GraphQL
    request, within the only object of a body that wraps one, or wherever it stands only once.
    """
    tokens = tokens_of(name)
    found = _found(x, tokens)
    if found is not None:
        return found
    wrapper = _wrapper(x.sent)
    if wrapper is not None and tokens and _child(x.sent, tokens[0]) is None:
        tokens = (wrapper, *tokens)
    return _as_spelled(x.sent, tokens)


def _outside(x: Exchange, name: str) -> str:
    """A field of a request without a readable body stands in its query."""
    tokens = tokens_of(name)
    if name.startswith("/") or x.attempt.body:
        return join(tokens)
    return f"query:{name}"


def _found(x: Exchange, tokens: tuple[str, ...]) -> str | None:
    """The pointer at which the name stands, from the top or in the one place below."""
    if not tokens:
        return None
    for base in _bases(x.sent):
        spelled = _spelled(x.sent, (*base, *tokens))
        if spelled is not None:
            return join(spelled)
    places = [at for at in x.places.get(plain(tokens[-1]), ()) if _ends_with(at, tokens)]
    return join(places[0]) if len(places) == 1 else None


def _bases(sent: Any) -> list[tuple[str, ...]]:
    wrapper = _wrapper(sent)
    return [()] if wrapper is None else [(), (wrapper,)]


def _wrapper(sent: Any) -> str | None:
    """The one member that wraps what the request is about, where there is such a one."""
    if not isinstance(sent, dict):
        return None
    if isinstance(sent.get("query"), str) and isinstance(sent.get("variables"), dict):
        return "variables"
    if len(sent) == 1:
        (name,) = sent
        return name if isinstance(sent[name], dict) else None
    return None


def _spelled(value: Any, tokens: tuple[str, ...]) -> tuple[str, ...] | None:
    """The tokens as the value spells them, None where they do not all stand there."""
    spelled: list[str] = []
    for token in tokens:
        # A list in between, of one item only, needs no index in an error.
        if isinstance(value, list) and len(value) == 1 and not token.isdigit():
            spelled.append("0")
            value = value[0]
        own = _child(value, token)
        if own is None:
            return None
        spelled.append(own)
        value = value[own] if isinstance(value, dict) else value[int(own)]
    return tuple(spelled)


def _as_spelled(value: Any, tokens: tuple[str, ...]) -> str:
    """The pointer with as many tokens respelled as stand in the value; the rest as given."""
    for known in range(len(tokens), 0, -1):
        spelled = _spelled(value, tokens[:known])
        if spelled is not None:
            return join((*spelled, *tokens[known:]))
    return join(tokens)


def _child(value: Any, token: str) -> str | None:
    """The member's own name, None where nothing of that name stands."""
    if isinstance(value, list):
        return token if get(value, join((token,))) is not ABSENT else None
    if not isinstance(value, dict):
        return None
    if token in value or len(value) > _MOST_MEMBERS:
        return token if token in value else None
    alike = [name for name in value if plain(name) == plain(token)]
    return alike[0] if len(alike) == 1 else None


def _ends_with(at: tuple[str, ...], tokens: tuple[str, ...]) -> bool:
    if len(at) < len(tokens):
        return False
    return all(plain(a) == plain(b) for a, b in zip(at[-len(tokens) :], tokens, strict=True))


def is_header_name(name: str) -> bool:
    """Whether a name can be a header's."""
    return bool(_HEADER.fullmatch(name))
