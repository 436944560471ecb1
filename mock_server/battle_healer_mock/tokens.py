"""Tokens and the credentials they stand for; the tokens with a name of their own."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Final, Literal

from battle_healer_mock.chance import Chance, text_digest
from battle_healer_mock.clock import SLACK_S
from battle_healer_mock.errors import unknown_name

TOKEN_TTL_S: Final = 3600.0
DAY_S: Final = 86_400.0
REFRESH_WINDOW_S: Final = 10.0
MOST_REFRESHES: Final = 30
MOST_TOKENS: Final = 200_000

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
    recent: deque[float] = field(default_factory=deque)
    refreshes: deque[float] = field(default_factory=deque)

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
    """All tokens of one server; what is issued depends on the seed and the user alone."""

    def __init__(self, chance: Chance) -> None:
        self._chance = chance
        self._tokens: dict[str, Token] = {}
        self._ordinals: dict[str, int] = {}
        self._revoked_unknown: set[str] = set()
        self.standing: list[tuple[str, Credential]] = []
        for name, throttle in WELL_KNOWN.items():
            limit = TIERS["primary"]
            credential = Credential(
                f"cred-{name}", name, "mock", "default", "primary",
                daily_call_limit=limit, quota=limit, call_budget=limit,
                issued=False, blocked=throttle is None, throttle=throttle,
            )  # fmt: skip
            self._tokens[name] = Token(credential, text_digest(name), float("inf"))

    @property
    def credentials(self) -> int:
        """How many credentials were issued and still have a token."""
        return len({t.credential.id for t in self._tokens.values() if t.credential.issued})

    def find(self, text: str | None) -> Token | None:
        """The token with this text, None where nobody issued it."""
        return self._tokens.get(text) if text else None

    def state(self, text: str | None, now_s: float) -> TokenState:
        """What the token is good for now."""
        if not text:
            return "none"
        token = self._tokens.get(text)
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
        token = self._tokens.get(text)
        if token is None:
            self._revoked_unknown.add(text_digest(text))
        else:
            token.credential.revoked = True

    def keep(self, text: str, credential: Credential, now_s: float) -> None:
        """Take over a token from before a reset, with fresh counters."""
        limit = credential.daily_call_limit
        fresh = Credential(
            credential.id, credential.user_id, credential.provider, credential.model,
            credential.tier, credential.scopes, limit, limit, limit, day_began_s=now_s,
        )  # fmt: skip
        self._ordinals[fresh.user_id] = self._ordinals.get(fresh.user_id, 0) + 1
        self._tokens[text] = Token(fresh, text_digest(text), now_s + TOKEN_TTL_S)
        self.standing.append((text, fresh))

    def _next_ordinal(self, user_id: str) -> str:
        ordinal = self._ordinals[user_id] = self._ordinals.get(user_id, 0) + 1
        return str(ordinal)

    def _mint(self, credential: Credential, ordinal: str, now_s: float) -> str:
        parts = (credential.user_id, credential.provider, credential.model, credential.tier)
        text = f"mk_{self._chance.name('token', *parts, ordinal)}"
        self._tokens[text] = Token(credential, text_digest(text), now_s + TOKEN_TTL_S)
        if len(self._tokens) > MOST_TOKENS:
            oldest = next(name for name in self._tokens if name not in WELL_KNOWN)
            del self._tokens[oldest]
        return text


def refresh_wait_s(credential: Credential, now_s: float) -> float | None:
    """Count a refresh; the wait in seconds when there were too many in the window, else None."""
    times = credential.refreshes
    while times and now_s - times[0] >= REFRESH_WINDOW_S - SLACK_S:
        times.popleft()
    if len(times) >= MOST_REFRESHES:
        return times[0] + REFRESH_WINDOW_S - now_s
    times.append(now_s)
    return None
