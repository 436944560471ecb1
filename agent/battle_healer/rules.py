"""What the operator declared, as plain frozen values: the form of a policy that the loop reads.

The policy *file* is a pydantic model (`policy`), imported only when one is opened; these values
are all that the hot path and the loop ever see.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, get_args
from urllib.parse import urlsplit

from battle_healer.secret import Secret

IDEMPOTENT_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"})
"""Methods that may be repeated. Source: RFC 9110, section 9.2.2."""

SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
"""Methods without effect. Source: RFC 9110, section 9.2.1."""

Idempotency = Literal["honoured", "create", "unknown", "unsupported"]
Tier = Literal["primary", "backup", "free-tier"]
TIERS: Final[tuple[Tier, ...]] = get_args(Tier)
"""The order in which credentials take over."""
DegradeTier = Literal["stale", "file", "example", "schema", "post"]
Schema = Mapping[str, Any]


def _bound(
    default: float | None, allowed: tuple[float, float], unit: str, meaning: str, source: str
) -> Any:
    least, most = allowed
    metadata = {"least": least, "most": most, "unit": unit, "meaning": meaning, "source": source}
    return field(default=default, metadata=metadata)


@dataclass(frozen=True, slots=True)
class Bounds:
    """The defaults table (I4): one field a row; the policy and docs/defaults.md follow it.

    A row: default, what a policy may set it to, unit, meaning, source.
    """

    requests: int = _bound(
        8, (1, 50), "requests", "sends of one call, refreshes not counted", "DESIGN"
    )
    resends: int = _bound(
        2, (0, 10), "resends", "unchanged resends per region and cause", "AWS standard: 3 attempts"
    )
    repairs: int = _bound(2, (0, 10), "repairs", "repairs of the request in one call", "DESIGN")
    rotations: int = _bound(2, (0, 10), "rotations", "changes of credential in one call", "DESIGN")
    refreshes: int = _bound(1, (0, 1), "refreshes", "refreshes per token", "DESIGN")
    model_calls: int = _bound(1, (0, 1), "calls", "model calls in one episode", "DESIGN")
    model_budget_s: float = _bound(
        1.5,
        (0.05, 10),
        "seconds",
        "time for a planner, at most a quarter of what is left",
        "DESIGN",
    )
    deadline_s: float = _bound(
        30.0, (0.1, 3600), "seconds", "deadline of a call", ".NET standard handler"
    )
    backoff_base_s: float = _bound(
        0.05, (0.001, 60), "seconds", "first backoff ceiling", "AWS retries 2026"
    )
    throttle_base_s: float = _bound(
        1.0,
        (0.001, 60),
        "seconds",
        "first backoff ceiling of a throttle without a time",
        "AWS retries 2026",
    )
    backoff_cap_s: float = _bound(
        20.0, (0.001, 3600), "seconds", "largest backoff ceiling", "AWS standard"
    )
    body_bytes: int = _bound(
        1_048_576, (1024, 16_777_216), "bytes", "body kept, each way", "DESIGN"
    )
    stale_ttl_s: float = _bound(
        300.0, (0, 86_400), "seconds", "age at which a cached answer ends", "DESIGN"
    )
    journal_ring: int = _bound(1000, (0, 100_000), "episodes", "episodes kept in memory", "DESIGN")


@dataclass(frozen=True, slots=True)
class GateBounds:
    """The defaults table of what all calls of a client share (I4): one field a row, as above.

    The policy changes a row under `gates:`, for all destinations or for one.
    """

    retry_tokens: int = _bound(
        500, (1, 1_000_000), "tokens", "retry budget of a destination when full", "AWS retries 2026"
    )
    retry_per_failure: int = _bound(
        14, (1, 1_000_000), "tokens", "price of a resend after a failure", "AWS retries 2026"
    )
    retry_per_throttle: int = _bound(
        5, (1, 1_000_000), "tokens", "price of a resend after a throttle", "AWS retries 2026"
    )
    retry_per_success: int = _bound(
        1, (0, 1_000_000), "tokens", "earned by a clean answer", "AWS retries 2026"
    )
    retry_refill_per_s: float = _bound(
        140.0,
        (0.1, 1_000_000),
        "tokens per second",
        "earned by time, worth 10 resends after a failure",
        "Finagle: 10 retries/s whatever happens",
    )
    breaker_attempts: int = _bound(
        20, (1, 1_000_000), "attempts", "fewest in the window that may open the breaker", "DESIGN"
    )
    breaker_failed_percent: float = _bound(
        50.0, (1, 100), "percent", "share of failed attempts that opens it", "resilience4j"
    )
    breaker_window_s: float = _bound(
        10.0,
        (0.1, 3600),
        "seconds",
        "how far the breaker looks back",
        "Finagle: deposits live 10 s",
    )
    breaker_open_s: float = _bound(
        5.0,
        (0.1, 3600),
        "seconds",
        "time before a probe of an open breaker",
        ".NET standard handler",
    )
    concurrency: int = _bound(
        1000, (1, 1_000_000), "attempts", "in flight at a time in a region", ".NET standard handler"
    )
    pacer: bool = _bound(
        True, (False, True), "", "whether a server's wait binds other calls too", "DESIGN (I3)"
    )
    hold_s: float = _bound(
        86_400.0,
        (1, 31_536_000),
        "seconds",
        "longest that a wait named to one call binds others",
        "DESIGN (I7)",
    )
    gone_s: float = _bound(
        3600.0,
        (1, 31_536_000),
        "seconds",
        "time before a region that answers 410 is tried again",
        "RFC 9110, section 15.5.11: likely permanent",
    )
    near_quota_percent: float = _bound(
        90.0,
        (1, 100),
        "percent",
        "share of a credential's quota after which others sign first",
        "Google Cloud budgets: alert at 90 %",
    )


@dataclass(frozen=True, slots=True)
class Keep:
    """What of the journal is kept on disk: one field a row, as above.

    The policy changes a row under `journal:`.
    """

    days: int = _bound(30, (1, 3650), "days", "age at which an episode is cleared", "DESIGN")
    megabytes: int = _bound(
        256, (1, 65_536), "MB", "size of the file at which the oldest are cleared", "DESIGN"
    )


@dataclass(frozen=True, slots=True)
class PlannerBudget:
    """What a planner may spend on its model in this process (I4): one field a row, as above.

    A name is a coin and a window. The policy changes a row under `planner_budgets:`, by planner;
    so do settings, and where both do the lower holds.
    """

    calls_per_minute: int = _bound(30, (0, 1_000_000), "calls", "calls in a minute", "DESIGN (I4)")
    calls_per_day: int = _bound(
        1000, (0, 1_000_000_000), "calls", "calls in a day (UTC)", "DESIGN (I4)"
    )
    tokens_per_minute: int = _bound(
        40_000,
        (0, 1_000_000_000),
        "tokens",
        "tokens in a minute",
        "free tier of the Decisions API: 50,000",
    )
    tokens_per_day: int = _bound(
        1_000_000, (0, 1_000_000_000), "tokens", "tokens in a day (UTC)", "DESIGN (I4)"
    )
    usd_per_minute: float = _bound(
        0.05, (0, 1_000_000_000), "dollars", "dollars in a minute", "DESIGN (I4)"
    )
    usd_per_day: float = _bound(
        1.0, (0, 1_000_000_000), "dollars", "dollars in a day (UTC)", "DESIGN (I4)"
    )


@dataclass(frozen=True, slots=True)
class QueueRule:
    """How one queue of parked calls is worked off: one field a row, as above.

    The policy changes a row under `queues:`, for the queue of that name. rate_per_s: None for as
    fast as there is room.
    """

    max_failures: int = _bound(
        8, (1, 1000), "failures", "errors and lost leases until an entry is dead", "DESIGN"
    )
    backoff_base_s: float = _bound(
        2.0, (0.001, 3600), "seconds", "first backoff ceiling after an error; it doubles", "DESIGN"
    )
    backoff_cap_s: float = _bound(
        600.0, (0.001, 86_400), "seconds", "largest backoff ceiling", "DESIGN"
    )
    lease_s: float = _bound(
        30.0,
        (1, 3600),
        "seconds",
        "time after which a worker without a word has lost an entry; a delivery may take half",
        "DESIGN",
    )
    concurrency: int = _bound(
        16, (1, 1000), "entries", "in the hands of a worker at a time, by destination", "DESIGN"
    )
    rate_per_s: float | None = _bound(
        None, (1 / 86_400, 999_999), "rate", "starts by a worker, by destination", "DESIGN"
    )
    body_bytes: int = _bound(
        1_048_576, (0, 16_777_216), "bytes", "largest body that is kept", "DESIGN"
    )
    keep_succeeded_s: float = _bound(
        86_400.0, (0, 31_536_000), "seconds", "how long a succeeded entry is kept", "DESIGN"
    )
    keep_cancelled_s: float = _bound(
        604_800.0, (0, 31_536_000), "seconds", "how long a cancelled entry is kept", "DESIGN"
    )
    keep_dead_s: float = _bound(
        1_209_600.0, (0, 31_536_000), "seconds", "how long a dead entry is kept", "DESIGN"
    )
    tell_queued: int = _bound(
        10_000, (1, 1_000_000), "entries", "queued ones above which QUEUE_OVERFLOW is told", "ours"
    )
    tell_oldest_s: float = _bound(
        3600.0, (1, 31_536_000), "seconds", "age of a queued one above which it is told", "ours"
    )
    tell_dead: int = _bound(
        100, (0, 1_000_000), "entries", "dead ones above which QUEUE_DEAD_EXCEEDED is told", "ours"
    )


@dataclass(frozen=True, slots=True)
class Region:
    """One place of a destination. `url` has a scheme and no trailing slash."""

    name: str
    url: str
    priority: int = 1

    @property
    def origin(self) -> str:
        """Scheme, host and port, as a secret may be bound to them."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc.rpartition('@')[2].lower()}"


@dataclass(frozen=True, slots=True)
class TokenCall:
    """An exchange that gives a token: a refresh, or a `post` source.

    target: a path under the region in use, or a declared absolute URL.
    body: the JSON body; None for the refresh default `{"token": old, "failure_status": status}`.
    token, expires_in: JSON Pointers into the answer; () means the defaults /token, /access_token.
    """

    target: str
    body: Mapping[str, Any] | None = field(default=None, repr=False)
    token: str | None = None
    expires_in: str | None = None


@dataclass(frozen=True, slots=True)
class Cost:
    """What an attempt with a credential costs, as an estimate. currency: an ISO 4217 code."""

    per_call: float
    currency: str = "USD"


@dataclass(frozen=True, slots=True)
class CredentialRule:
    """A credential by reference: where its token comes from, never the token itself.

    source: a Secret, a callable that gives one (env, file and command sources are such), or a
    TokenCall that must be made first.
    account: whom the API takes it for. Idempotency keys count per account, so a write that may
    have taken effect is repeated with another credential only if both name the same account.
    daily_calls: attempts in a UTC day; None for as many as the API allows.
    """

    name: str
    source: Secret | Callable[[], Secret] | TokenCall
    tier: Tier = "primary"
    refresh: TokenCall | None = None
    scopes: frozenset[str] = frozenset()
    account: str | None = None
    daily_calls: int | None = None
    cost: Cost | None = None
    header: str = "Authorization"
    scheme: str = "Bearer"


@dataclass(frozen=True, slots=True)
class Degrade:
    """Where a labelled substitute may come from, in order; `writes` allows it for a write."""

    tiers: tuple[DegradeTier, ...]
    file: bytes | None = None
    example: Any = None
    post: str | None = None
    writes: bool = False


@dataclass(frozen=True, slots=True)
class Endpoint:
    """What is known of one endpoint. The default instance stands for "nothing declared"."""

    name: str = ""
    match: str = ""
    idempotency: Idempotency = "unknown"
    request_schema: Schema | None = field(default=None, repr=False)
    response_schema: Schema | None = field(default=None, repr=False)
    protected: tuple[str, ...] = ()
    may_clamp: tuple[str, ...] = ()
    repair: bool = False
    adapt: bool = False
    degrade: Degrade | None = None
    queue: str | None = None
    planner: str | None = None

    def fits(self, method: str, path: str) -> bool:
        """Whether `match` (`METHOD /path/{segment}`) names this request; path without query."""
        want_method, _, want_path = self.match.partition(" ")
        if want_method not in (method, "*"):
            return False
        want, have = want_path.strip("/").split("/"), path.strip("/").split("/")
        return len(want) == len(have) and all(
            w == h or (w.startswith("{") and w.endswith("}") and h)
            for w, h in zip(want, have, strict=True)
        )


@dataclass(frozen=True, slots=True)
class Destination:
    """One API: its regions by priority, its credentials, its endpoints, and what it promises.

    credentials: in the order in which they take over. gates: None for those of the whole policy.
    """

    name: str
    regions: tuple[Region, ...]
    credentials: tuple[CredentialRule, ...] = ()
    endpoints: tuple[Endpoint, ...] = ()
    declared: bool = True
    says_processed: bool = False
    call_header: bool = False
    planner: str | None = None
    fallback: Endpoint = field(default_factory=Endpoint)
    policy: str | None = None
    gates: GateBounds | None = None

    def endpoint(self, method: str, path: str) -> Endpoint:
        """First endpoint that matches, else `fallback`. path: below the region, without query."""
        return next((e for e in self.endpoints if e.fits(method, path)), self.fallback)

    def credential(self, name: str) -> CredentialRule:
        """Return the credential of that name. Raises KeyError."""
        for rule in self.credentials:
            if rule.name == name:
                return rule
        raise KeyError(name)

    def signer(self, spent: Collection[str] = ()) -> str | None:
        """The first credential that has something left, else the first; None without any."""
        names = [rule.name for rule in self.credentials]
        return next((name for name in names if name not in spent), names[0] if names else None)

    @property
    def origins(self) -> frozenset[str]:
        """Where this destination's credentials may go (I2)."""
        return frozenset(region.origin for region in self.regions)


@dataclass(frozen=True, slots=True)
class Rules:
    """A whole policy, resolved. Empty rules are what holds without a policy file.

    journal: None where the policy does not ask for one on disk. planner_budgets: rows of
    `PlannerBudget` that the policy sets, by planner.
    """

    destinations: tuple[Destination, ...] = ()
    bounds: Bounds = field(default_factory=Bounds)
    gates: GateBounds = field(default_factory=GateBounds)
    planner: str = "heuristic"
    secret_headers: frozenset[str] = frozenset()
    source: str = "no policy"
    journal: Keep | None = None
    planner_budgets: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    queues: Mapping[str, QueueRule] = field(default_factory=dict)

    def place(self, url: str) -> tuple[Destination, Region, str]:
        """Destination, region and path (with query) of an absolute URL.

        The destination is the one whose region URL is the longest prefix, on a segment boundary;
        none means an undeclared one, with the URL's own origin as its only region.
        """
        best: tuple[Destination, Region] | None = None
        for destination in self.destinations:
            for region in destination.regions:
                if is_below(url, region.url) and (
                    best is None or len(region.url) > len(best[1].url)
                ):
                    best = destination, region
        if best is not None:
            return *best, url[len(best[1].url) :] or "/"
        parts = urlsplit(url)
        origin = f"{parts.scheme}://{parts.netloc}"
        region = Region("only", origin)
        undeclared = Destination(parts.hostname or parts.netloc, (region,), declared=False)
        return undeclared, region, url[len(origin) :] or "/"

    def queue(self, name: str) -> QueueRule:
        """How the queue of that name is worked off; by the defaults where nothing is declared."""
        return self.queues.get(name) or QueueRule()

    def named(self, name: str) -> Destination | None:
        """Return the declared destination of that name, if there is one."""
        return next((d for d in self.destinations if d.name == name), None)


def is_below(url: str, base: str) -> bool:
    """Whether `url` lies under `base`: same text up to a segment, query or fragment boundary."""
    return url.startswith(base) and url[len(base) : len(base) + 1] in ("", "/", "?", "#")
