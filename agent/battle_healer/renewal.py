"""How a token is got: by a refresh, or from its source. Steps only; whoever has I/O does them."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from battle_healer import pointers
from battle_healer.clock import Clock
from battle_healer.commands import Denied
from battle_healer.errors import HealerError
from battle_healer.model import Call, Lost, Reply
from battle_healer.posts import Post, json_of, post_to
from battle_healer.rules import CredentialRule, Region, TokenCall
from battle_healer.secret import Secret

_TOKEN_POINTERS: Final = ("/token", "/access_token")
_EXPIRES_IN: Final = "/expires_in"
_TOKEN_CHARACTERS: Final = 16_384
_MOST_LIFE_S: Final = 366 * 86_400.0
_REFUSALS: Final = frozenset(
    {HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}
)


@dataclass(frozen=True, slots=True)
class Source:
    """A callable that gives a token; it may block (a file, a command)."""

    read: Callable[[], Secret]


Step = Post | Source
StepAnswer = Reply | Lost | Secret | Denied | None


@dataclass(frozen=True, slots=True)
class Token:
    """A token and the monotonic second at which it ends; None where nobody said."""

    secret: Secret
    ends: float | None = None


@dataclass(frozen=True, slots=True)
class Want:
    """What a token is wanted for. clock: that of the call.

    used: the token that was refused or has ended, with the status of the refusal, if any.
    """

    call: Call
    region: Region
    rule: CredentialRule
    clock: Clock
    used: Secret | None = None
    status: int | None = None


Steps = Generator[Step, StepAnswer, Token | Denied]


def read_source(source: Source) -> Secret | Denied:
    """Call a source; what it raises becomes a reason."""
    try:
        return source.read()
    except HealerError as error:
        return Denied(str(error))
    except Exception as error:
        return Denied(f"the token source failed: {type(error).__name__}")


def refreshed(want: Want) -> Generator[Step, StepAnswer, tuple[Token | Denied, bool]]:
    """Refresh once: the new token, or why there is none, and whether it is worth a new source.

    It is where no refresh is declared, or where the refresh was *refused*: one that was lost, or
    failed inside, says nothing about the token.
    """
    how, used = want.rule.refresh, want.used
    if how is None or used is None:
        return Denied(f"no refresh is declared for {want.rule.name}"), True
    body: dict[str, Any] = {"token": used.reveal()}
    if want.status is not None:
        body["failure_status"] = want.status
    post = _post(want, how, body if how.body is None else how.body)
    if isinstance(post, Denied):
        return post, False
    answer = yield post
    token = _token(answer, how, "the refresh", want.clock)
    if isinstance(token, Token) and token.secret == used:
        return Denied("the refresh handed the refused token back"), False
    return token, isinstance(answer, Reply) and answer.status in _REFUSALS


def minted(want: Want) -> Steps:
    """Get a token from the credential's source: fixed, called, or posted for."""
    token = yield from _from_source(want)
    if isinstance(token, Token) and token.secret == want.used:
        return Denied(f"credential {want.rule.name} has no newer token than the refused one")
    return token


def renewed(want: Want) -> Steps:
    """Refresh first; where that is refused or not declared, ask the source once."""
    token, ask_source = yield from refreshed(want)
    if not ask_source:
        return token
    return (yield from minted(want))


def _from_source(want: Want) -> Steps:
    source = want.rule.source
    if isinstance(source, Secret):
        return Token(source)
    if isinstance(source, TokenCall):
        post = _post(want, source, source.body or {})
        if isinstance(post, Denied):
            return post
        answer = yield post
        return _token(answer, source, f"the token source of {want.rule.name}", want.clock)
    answer = yield Source(source)
    if isinstance(answer, Secret):
        return Token(answer)
    return answer if isinstance(answer, Denied) else Denied("the token source gave no Secret")


def _post(want: Want, how: TokenCall, body: Any) -> Post | Denied:
    return post_to(how.target, body, want.call, want.region, want.clock.now())


def _token(answer: StepAnswer, how: TokenCall, what: str, clock: Clock) -> Token | Denied:
    """Read a token out of an answer: hostile text, of which only a plain token is taken."""
    if not isinstance(answer, (Reply, Lost)):
        return Denied(f"{what} gave no answer")
    value = json_of(answer, what, clock.wall())
    if isinstance(value, Denied):
        return value
    wanted = (how.token,) if how.token else _TOKEN_POINTERS
    found = (pointers.get(value, pointer, None) for pointer in wanted)
    text = next((token for token in found if token is not None), None)
    if not isinstance(text, str) or not _is_token(text):
        return Denied(f"{what} answered without a usable token")
    lasts_s = pointers.get(value, how.expires_in or _EXPIRES_IN, None)
    is_number = isinstance(lasts_s, (int, float)) and not isinstance(lasts_s, bool)
    # A year and more is no end that any process sees; an absurd number would overflow.
    if not is_number or not 0 < lasts_s < _MOST_LIFE_S:
        return Token(Secret(text))
    return Token(Secret(text), clock.now() + lasts_s)


def _is_token(text: str) -> bool:
    """Whether it may stand in a header: visible ASCII, of bearable length."""
    return (
        0 < len(text) <= _TOKEN_CHARACTERS
        and text.isascii()
        and all("!" <= character <= "~" for character in text)
    )
