"""Tokens and the credentials they stand for; the tokens with a name of their own."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from battle_healer_mock.bounds import TOKENS
from battle_healer_mock.chance import Chance, text_digest
from battle_healer_mock.clock import SLACK_S
from battle_healer_mock.errors import unknown_name

TOKEN_TTL_S: Final = 3600.0
DAY_S: Final = 86_400.0
REFRESH_WINDOW_S: Final = 10.0
MOST_REFRESHES: Final = 30

# Calls a day and calls altogether that a credential of each tier may make.
TIERS: Final = {"primary": 1_000_000, "backup": 100_000, "free-tier": 1_000}

TokenState = Literal["live", "expired", "revoked", "unknown", "none"]


@dataclass(slots=True)
class Credential:
    """What a user was given; refreshed tokens stand for the same credential.

    account: whose idempotency keys it uses; the same for all credentials of a user.
    quota, call_budget: calls left today, and altogether.
    throttle: (calls, window_s) after which requests are answered 429, for well-known tokens.
    """

    id: str
    user_id: str
    provider: str
    model: str
    tier: str
    scopes: tuple[str, ...] = ()
    daily_call_limit: int = 0
    quota: int = 0
    call_budget: int = 0
    used_calls: int = 0
    day_began_s: float = 0.0
    issued: bool = True
    revoked: bool = False
    blocked: bool = False
    throttle: tuple[int, float] | None = None
    recent: list[float] = field(default_factory=list)
    refreshes: list[float] = field(default_factory=list)

    @property
    def account(self) -> str:
        """Whose keys and effects these are."""
        return self.user_id


@dataclass(frozen=True, slots=True)
class Token:
    """A bearer token, of which only the digest is ever shown."""

    credential: Credential
    digest: str
    expires_s: float

    def state(self, now_s: float) -> TokenState:
        """What it is good for now."""
        if self.credential.revoked:
            return "revoked"
        return "expired" if self.expires_s <= now_s else "live"


# Tokens that behave as their names say, without being issued: blocked (403), or throttled
# after so many calls in a window of seconds.
WELL_KNOWN: Final[dict[str, tuple[int, float] | None]] = {
    "blocked-token-001": None,
    "spiky-token": (2, 10.0),
    "chatty-token": (5, 10.0),
}


class Tokens:
    """All tokens of one server; what is issued depends on the seed and the user alone.

    Bounded, the oldest are forgotten first, but neither the well-known nor the standing ones.
    """

    def __init__(self, chance: Chance, most: int = TOKENS.default) -> None:
        self._chance = chance
        self._most = most
        # What lasts, and what was issued, in this order.
        self._lasting: dict[str, Token] = {}
        self._issued: OrderedDict[str, Token] = OrderedDict()
        self._ordinals: OrderedDict[str, int] = OrderedDict()
        self._revoked_unknown: OrderedDict[str, None] = OrderedDict()
        self.forgotten = 0
        for name, throttle in WELL_KNOWN.items():
            limit = TIERS["primary"]
            credential = Credential(
                f"cred-{name}", name, "mock", "default", "primary",
                daily_call_limit=limit, quota=limit, call_budget=limit,
                issued=False, blocked=throttle is None, throttle=throttle,
            )  # fmt: skip
            self._lasting[name] = Token(credential, text_digest(name), float("inf"))

    def __len__(self) -> int:
        return len(self._issued) + len(self._lasting)

    @property
    def credentials(self) -> int:
        """How many credentials were issued and still have a token."""
        tokens = (*self._lasting.values(), *self._issued.values())
        return len({t.credential.id for t in tokens if t.credential.issued})

    def find(self, text: str | None) -> Token | None:
        """The token with this text, None where nobody issued it."""
        if not text:
            return None
        return self._issued.get(text) or self._lasting.get(text)

    def state(self, text: str | None, now_s: float) -> TokenState:
        """What the token is good for now."""
        if not text:
            return "none"
        token = self.find(text)
        if token is None:
            return "revoked" if text_digest(text) in self._revoked_unknown else "unknown"
        return token.state(now_s)

    def account_of(self, text: str | None) -> str:
        """The account behind a token; that of an unknown token is derived from its text."""
        token = self.find(text)
        return token.credential.account if token else f"guest-{text_digest(text or '')[:12]}"

    def issue(  # noqa: PLR0913 - the five facts of a credential, and the time
        self,
        user_id: str,
        provider: str = "mock",
        model: str = "default",
        tier: str = "primary",
        scopes: tuple[str, ...] = (),
        *,
        now_s: float,
    ) -> tuple[str, Credential]:
        """A new credential with its first token. Raises BadInputError for an unknown tier."""
        if tier not in TIERS:
            raise unknown_name("tier", tier, "tier", TIERS)
        ordinal = self._next_ordinal(user_id)
        name = self._chance.name("credential", user_id, provider, model, tier, ordinal)
        limit = TIERS[tier]
        credential = Credential(
            f"cred-{name[:12]}", user_id, provider, model, tier, scopes,
            daily_call_limit=limit, quota=limit, call_budget=limit, day_began_s=now_s,
        )  # fmt: skip
        return self._mint(credential, ordinal, now_s), credential

    def refresh(self, credential: Credential, now_s: float) -> str:
        """Another token of the same credential; the old one stays good until it expires."""
        return self._mint(credential, self._next_ordinal(credential.user_id), now_s)

    def revoke(self, text: str) -> None:
        """End the token's credential for good, with all its tokens; unknown ones too."""
        token = self.find(text)
        if token is None:
            self._revoked_unknown[text_digest(text)] = None
            _bound(self._revoked_unknown, self._most)
        else:
            token.credential.revoked = True

    def make_lasting(self, text: str) -> None:
        """Never forget a token that was issued."""
        self._lasting[text] = self._issued.pop(text)

    def keep(self, text: str, credential: Credential, now_s: float) -> None:
        """Take over a token from before a reset, with fresh counters."""
        limit = credential.daily_call_limit
        fresh = Credential(
            credential.id, credential.user_id, credential.provider, credential.model,
            credential.tier, credential.scopes, limit, limit, limit, day_began_s=now_s,
        )  # fmt: skip
        self._next_ordinal(fresh.user_id)
        self._lasting[text] = Token(fresh, text_digest(text), now_s + TOKEN_TTL_S)

    def _next_ordinal(self, user_id: str) -> str:
        """Which token of the user it is.

        A user of whom no token is left may be forgotten: each newer one has a newer token.
        """
        ordinal = self._ordinals[user_id] = self._ordinals.get(user_id, 0) + 1
        self._ordinals.move_to_end(user_id)
        _bound(self._ordinals, self._most)
        return str(ordinal)

    def _mint(self, credential: Credential, ordinal: str, now_s: float) -> str:
        parts = (credential.user_id, credential.provider, credential.model, credential.tier)
        text = f"mk_{self._chance.name('token', *parts, ordinal)}"
        self._issued[text] = Token(credential, text_digest(text), now_s + TOKEN_TTL_S)
        self.forgotten += _bound(self._issued, self._most)
        return text


def _bound(table: OrderedDict[str, Any], most: int) -> int:
    """Forget the oldest of what is more than `most`; how many that were."""
    over = max(0, len(table) - most)
    for _ in range(over):
        table.popitem(last=False)
    return over


def refresh_wait_s(credential: Credential, now_s: float) -> float | None:
    """Count a refresh; the wait in seconds when there were too many in the window, else None."""
    times = credential.refreshes
    while times and now_s - times[0] >= REFRESH_WINDOW_S - SLACK_S:
        del times[0]
    if len(times) >= MOST_REFRESHES:
        return times[0] + REFRESH_WINDOW_S - now_s
    times.append(now_s)
    return None
