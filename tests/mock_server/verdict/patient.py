"""The careful client with what a server sees of manners: backoff, bounds, regions remembered."""

import random
from dataclasses import dataclass, field

import httpx2
from tests.mock_server.careful import Careful, Ending, wait_of

MOST_ATTEMPTS = 10
MOST_ALIKE = 5


@dataclass
class Patient(Careful):
    """Backs off exponentially with full jitter, and returns to no region before its time."""

    chance: random.Random = field(default_factory=lambda: random.Random(1))  # noqa: S311 - repeatable, not secret
    backoffs: int = 0
    now_s: float = 0.0
    met: list[tuple[str, int | None]] = field(default_factory=list)
    closed_until_s: dict[str, float] = field(default_factory=dict)

    def _handle(self, reply: httpx2.Response | None) -> Ending | None:
        if reply is not None and reply.status_code == 410:
            self.closed_until_s[self.region] = float("inf")
        before = (self.region, self.token, dict(self.body), self.now_s)
        ending = super()._handle(reply)
        if ending is not None:
            return ending
        if len(self.replies) >= MOST_ATTEMPTS or self._met_too_often(reply):
            return "too many"
        if before == (self.region, self.token, dict(self.body), self.now_s):
            self.backoffs += 1
            self._pass(self.chance.random() * 0.05 * 2**self.backoffs)
        return None

    def _met_too_often(self, reply: httpx2.Response | None) -> bool:
        """Whether this region has answered so five times: one more would not be the cure."""
        self.met.append((self.region, reply.status_code if reply else None))
        return self.met.count(self.met[-1]) >= MOST_ALIKE

    def _wait(self, reply: httpx2.Response) -> Ending | None:
        self._pass(wait_of(reply) + self.chance.random() / 10)
        return None

    def _elsewhere(self, reply: httpx2.Response) -> Ending | None:
        if "retry-after" not in reply.headers:
            return None
        self.closed_until_s[self.region] = self.now_s + wait_of(reply)
        self.region = min(("us", "eu"), key=lambda name: self.closed_until_s.get(name, 0.0))
        if (left_s := self.closed_until_s.get(self.region, 0.0) - self.now_s) > 0:
            self._pass(left_s)
        return None

    def _pass(self, seconds: float) -> None:
        self.now_s += seconds
        self.mock.advance(seconds)
