"""What an entry should be, told a second time and in other words than the table of transitions."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Final

LEASE_MS: Final = 10_000
_IN_DOUBT: Final = frozenset({"ambiguous", "unverified"})


@dataclass
class Known:
    """One entry. Methods return whether it may happen; what may not changes nothing."""

    safe: bool
    max_failures: int
    queue: str
    due: int
    expires: int | None
    state: str = "queued"
    reason: str | None = None
    fence: int = 0
    failures: int = 0
    revision: int = 1
    redrives: int = 0
    cancel_asked: bool = False
    worker: str | None = None
    lease: int | None = None
    begun: int | None = None
    ended: int | None = None

    def is_expired(self, now: int) -> bool:
        return self.state == "queued" and self.expires is not None and self.expires <= now

    def claim(self, worker: str, now: int) -> None:
        self.state, self.worker, self.lease, self.begun = "running", worker, now + LEASE_MS, None
        self.fence += 1

    def record(self, event: str, fence: int, now: int, wait: int) -> bool:
        """What a worker says under a fence."""
        if self.state != "running" or fence != self.fence:
            return False
        if event == "begin":
            if self.cancel_asked or (self.lease or 0) <= now:
                return False
            self.begun = now
        elif event == "extend":
            self.lease = now + LEASE_MS
        elif event == "succeed":
            self.end("succeeded", now)
        elif event == "bury":
            self.end("dead", now, "ambiguous")
        elif event == "fail":
            self.fail(now, wait)
        elif event == "postpone":
            self.again(now, wait)
        elif event == "release":
            if self.is_in_doubt:
                return False
            self.again(now, wait)
        return True

    @property
    def is_in_doubt(self) -> bool:
        return not self.safe and self.begun is not None

    def lose(self, now: int) -> None:
        if self.is_in_doubt:
            self.end("dead", now, "ambiguous")
        else:
            self.fail(now, 0)

    def fail(self, now: int, wait: int) -> None:
        self.failures += 1
        if self.failures >= self.max_failures and not self.cancel_asked:
            self.end("dead", now, "failures")
        else:
            self.again(now, wait)

    def again(self, now: int, wait: int) -> None:
        if self.cancel_asked:
            self.end("cancelled", now)
        elif self.expires is not None and now + wait >= self.expires:
            self.end("dead", now, "expired")
        else:
            self.state, self.due = "queued", now + wait
            self.worker = self.lease = self.begun = None

    def end(self, state: str, now: int, reason: str | None = None) -> None:
        self.state, self.reason, self.ended, self.cancel_asked = state, reason, now, False
        self.worker = self.lease = self.begun = None

    def cancel(self, now: int) -> bool:
        if self.state == "running":
            self.cancel_asked = True
        elif self.state in {"queued", "dead"}:
            self.end("cancelled", now)
        else:
            return False
        return True

    def redrive(self, now: int, *, send_again: bool) -> bool:
        if self.state != "dead" or (self.reason in _IN_DOUBT and not send_again):
            return False
        if self.reason == "expired":
            self.expires = None
        self.state, self.reason, self.ended, self.failures, self.due = "queued", None, None, 0, now
        self.redrives += 1
        return True

    def settle(self, now: int) -> bool:
        if self.state != "dead" or self.reason not in _IN_DOUBT:
            return False
        self.end("succeeded", now)
        return True

    def edit(self) -> bool:
        if self.state != "dead" or self.reason in _IN_DOUBT:
            return False
        self.revision += 1
        return True


@dataclass
class Expected:
    """All entries by id, and what is paused. held: before when nothing of a queue is claimed."""

    entries: dict[str, Known] = field(default_factory=dict)
    paused: set[str] = field(default_factory=set)
    held: Counter[str] = field(default_factory=Counter)

    def claimable(self, now: int) -> set[str]:
        """What a claim may give."""
        return {
            name
            for name, known in self.entries.items()
            if known.state == "queued" and known.due <= now and self.held[known.queue] <= now
            if known.queue not in self.paused and not known.is_expired(now)
        }
