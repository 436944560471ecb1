"""One request on its way through the stages, with what they have found out so far."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from battle_healer_mock.answer import Headers, Reply, whole_seconds
from battle_healer_mock.calls import Call
from battle_healer_mock.charge import Json
from battle_healer_mock.dialects.dialect import Dialect
from battle_healer_mock.dialects.table import DEFAULT
from battle_healer_mock.journal import Row
from battle_healer_mock.keys import Bound, Key
from battle_healer_mock.regions import view
from battle_healer_mock.request import Request
from battle_healer_mock.state import State
from battle_healer_mock.tokens import DAY_S, Token, TokenState
from battle_healer_mock.trigger import NOTHING, Item, Trigger

if TYPE_CHECKING:
    from battle_healer_mock.wire import Wire  # needs uvicorn, which the tables do without


@dataclass(slots=True)
class Exchange:
    """A request, the call it belongs to, and what the stages passed so far have settled.

    charge: the body of a POST once read; after stage 6 in the form of the published schema.
    account: whose keys and effects it is about. wire: the connection, None without a socket.
    success: what the service answers, from stage 9 on. struck: the fault that answered.
    bound: the idempotency key that this exchange has bound, to be let go when it is answered.
    nth: the number of this request on its connection. delay_s, gap_s: seconds that the reply
    waits, and that pass between its bytes.
    """

    request: Request
    state: State
    row: Row
    call: Call
    now_s: float
    bearer: str | None
    token: Token | None
    account: str
    key: Key | None = None
    wire: Wire | None = None
    trigger: Trigger = NOTHING
    dialect: Dialect = DEFAULT
    body: bytes = b""
    charge: Json | None = None
    success: Mapping[str, object] | None = None
    replayed: bool = False
    struck: Item | None = None
    bound: Bound | None = None
    nth: int = 1
    delay_s: float = field(default=0.0)
    gap_s: float = field(default=0.0)

    @property
    def wall(self) -> datetime:
        """The server's time of day at which the request is decided."""
        return self.state.clock.wall(self.now_s)

    @property
    def stamp(self) -> str:
        """The same as RFC 3339 text, to the millisecond."""
        return self.state.clock.stamp(self.now_s)

    @property
    def token_id(self) -> str:
        """What token faults bind to."""
        return self.row.token or ""

    @property
    def credential_id(self) -> str:
        """What credential faults bind to: refreshed tokens share it."""
        return self.token.credential.id if self.token else f"unknown:{self.token_id}"

    def credential_state(self) -> TokenState:
        """What the token is good for at the time of the exchange."""
        if self.token is None:
            return self.state.tokens.state(self.bearer, self.now_s)
        return self.token.state(self.now_s)

    @property
    def daily_call_limit(self) -> int:
        """Calls a day of the credential in use, 0 without one."""
        return self.token.credential.daily_call_limit if self.token else 0

    @property
    def scopes(self) -> tuple[str, ...]:
        """What the credential in use may do."""
        return self.token.credential.scopes if self.token else ()

    @property
    def elsewhere(self) -> str | None:
        """The first other region that is up, None where there is none."""
        regions = self.state.regions
        others = (name for name, state in regions.items() if state == "up")
        return next((name for name in others if name != self.request.region), None)

    @property
    def success_headers(self) -> Headers:
        """What a success adds to its headers: that it is a replay, that the quota runs low."""
        headers: Headers = (("Idempotent-Replayed", "true"),) if self.replayed else ()
        credential = self.token.credential if self.token else None
        if credential is None or credential.quota * 10 >= credential.daily_call_limit:
            return headers
        left_s = whole_seconds(credential.day_began_s + DAY_S - self.now_s)
        return (
            *headers,
            ("RateLimit-Policy", f'"daily";q={credential.daily_call_limit};w=86400'),
            ("RateLimit", f'"daily";r={credential.quota};t={left_s}'),
        )

    def draw(self, site: str) -> float:
        """A number in [0, 1) for a question about this attempt."""
        state = self.state
        return state.chance.draw(state.scenario, self.call.key, self.call.ordinal, site)

    def spend_retry(self) -> int | None:
        """Take 1 of the token's retry budget for this call; what is left, None if it has none."""
        if self.token is None or not self.token.credential.issued:
            return None
        budget = self.state.retry_budget
        spent = self.call.spend(self.token.digest, budget)
        self.row.retry_budget = budget - spent
        return budget - spent

    def region_list(self, overrides: Mapping[str, str]) -> list[dict[str, object]]:
        """All regions as this call sees them, to be shown to it; the row learns which are up."""
        states = tuple({**self.state.regions, **overrides}.values())
        listing, self.row.offered = view(states, self.request.region)
        return listing

    def revoke(self) -> None:
        """End the credential in use for good."""
        if self.bearer:
            self.state.tokens.revoke(self.bearer)

    def status_payload(self) -> Json:
        """The answer of a GET."""
        return {
            "message": "The API is up.",
            "status": "operational",
            "region": self.request.region,
            "servedAt": self.stamp,
        }

    def charge_payload(self, charge_id: str) -> Json:
        """The answer of a POST: the record made of the charge."""
        charge = self.charge or {}
        payload: Json = {
            "message": "Charge accepted.",
            "chargeId": charge_id,
            "transactionId": charge.get("transactionId"),
            "amount": charge.get("amount"),
            "currency": charge.get("currency", "EUR"),
            "status": "accepted",
            "region": self.request.region,
            "createdAt": self.stamp,
        }
        if "note" in charge:
            payload["note"] = charge["note"]
        return payload

    def success_reply(self) -> Reply | None:
        """The service's own answer, None before the effect."""
        return None if self.success is None else Reply(self.success, self.success_headers)

    def stand_in(self) -> Json:
        """An answer in the shape of a success, with nothing behind it."""
        if self.request.method == "GET":
            return self.status_payload()
        return self.charge_payload("chg-mock")
