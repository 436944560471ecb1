"""The worker's loop: claim what there is room for, deliver it, sleep until there may be more."""

from __future__ import annotations

import logging
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from random import SystemRandom
from typing import TYPE_CHECKING, Final

from battle_healer.errors import HealerError, UsageError
from battle_healer.rules import Rules
from battle_healer_replay.engine import Watch
from battle_healer_replay.entry import Payload
from battle_healer_replay.errors import QueueError
from battle_healer_replay.failpoints import failpoint
from battle_healer_replay.operations.claim import Batch, Wish
from battle_healer_replay.queue import Queue
from battle_healer_replay.transitions import Change
from battle_healer_replay.worker.delivery import Delivered, Deliverer, Policies
from battle_healer_replay.worker.heartbeat import Heartbeat
from battle_healer_replay.worker.options import Options
from battle_healer_replay.worker.pace import Pace
from battle_healer_replay.worker.running import Running
from battle_healer_replay.worker.telling import (
    Told,
    alarm_of,
    event_of,
    logged,
    place_of,
    to_all,
)

if TYPE_CHECKING:
    from battle_healer import HealingClient

_log: Final = logging.getLogger("battle_healer")
_SLOTS: Final = 100
_CLEAN_EACH_S: Final = 3600.0
_LOOK_EACH_S: Final = 30.0
_BATCH: Final = 500
_TROUBLED: Final = Batch((), 1.0)  # nothing was claimed: look again in a second


class Worker:
    """Delivers what a queue holds, until it is stopped. It belongs to one thread; `stop` does not.

    policies: the rules for a payload. connect: makes the healing client of some rules.
    on_event: told `QUEUE_...` events, from any thread. now: monotonic seconds.
    """

    def __init__(  # noqa: PLR0913 -- keyword-only, and all but two have a default
        self,
        queue: Queue,
        policies: Policies,
        *,
        options: Options | None = None,
        on_event: Told | None = None,
        connect: Callable[[Rules], HealingClient] | None = None,
        now: Callable[[], float] = time.monotonic,
        chance: Callable[[], float] | None = None,
    ) -> None:
        self._queue, self._now = queue, now
        self._options = set_ = options or Options()
        self._policies = policies
        self._tell = to_all(logged, *([on_event] if on_event else []))
        self._deliverer = Deliverer(
            queue, policies, set_.rule, now, chance or SystemRandom().random, connect or _client
        )
        self._heartbeat = Heartbeat(queue, set_.shortest_lease_s(), now)
        self._pace = Pace(now, set_.limit_at, set_.limit_in, set_.limits)
        self._watch: Watch | None = None
        self._stopping = threading.Event()
        self._free, self._count = self._options.at_once, threading.Lock()
        self._turn = 0
        self._cleaned_at, self._looked_at = -_CLEAN_EACH_S, -_LOOK_EACH_S
        self._has_taken_back = False
        self.name = ""

    def run(self, *, until_empty: bool = False) -> None:
        """Work until `stop`; what is in hand then is finished, or handed back if it has not begun.

        until_empty: end as soon as nothing is due and nothing is in hand. Raises UsageError if
        another worker has the name. Trouble with the database is waited out, then too.
        """
        with self._named() as name, ThreadPoolExecutor(self._options.at_once) as pool:
            self.name, self._watch = name, self._queue.watch()
            self._heartbeat.start()
            try:
                while not self._stopping.is_set():
                    # From before the claim, so that we stop early rather than late.
                    before = self._now()
                    # Also from before it: what is in hand now takes room, and may be done by then.
                    was_idle = self._is_idle()
                    batch = self._claimed()
                    for claim in batch.claims:
                        lease_s = self._options.rule(claim.entry.queue).lease_s
                        self._start(pool, Running(claim, before + lease_s, lease_s))
                    is_empty = was_idle and not batch.claims and not batch.is_overdue
                    # Nobody knows what is due while the database is in trouble.
                    is_empty = is_empty and batch is not _TROUBLED
                    if until_empty and is_empty and self._pace.refill_s() is None:
                        break
                    self._rest(batch)
            finally:
                self._heartbeat.stop_all("the worker ends")
                pool.shutdown()
                self._heartbeat.close()
                self._deliverer.close()
                self._watch.close()

    def stop(self) -> None:
        """Claim nothing more; from any thread, or from a signal handler."""
        self._stopping.set()
        self._wake()

    @contextmanager
    def _named(self) -> Iterator[str]:
        """Hold a name; the lock goes with the process, however it ends."""
        for name in self._names():
            free = self._queue.hold_name(name)
            if free is not None:
                try:
                    yield name
                finally:
                    free()
                return
        raise UsageError(
            f"another worker is called {self._options.name or 'like each of its slots'}",
            self._queue.name,
            "Give each worker a --name of its own.",
        )

    def _names(self) -> Iterator[str]:
        if self._options.name is not None:
            yield self._options.name
        else:
            yield from (f"{socket.gethostname()}/{slot}" for slot in range(_SLOTS))

    def _take_back(self) -> None:
        """Once, before the first claim: what a killed worker of this name held."""
        if self._has_taken_back:
            return
        while changes := self._queue.take_back(self.name):
            for change in changes:
                self._told(change)
        self._has_taken_back = True

    def _claimed(self) -> Batch:
        """What there is room for; nothing while the database is in trouble."""
        try:
            self._take_back()
            self._clean()
            self._look()
            batch = self._batch()
            if batch.is_overdue:
                for change in self._queue.reap():
                    self._told(change)
        except QueueError as error:
            _log.warning("the queue cannot be used now: %s", error)
            return _TROUBLED
        return batch

    def _batch(self) -> Batch:
        with self._count:
            free = self._free
        wish = Wish(
            self.name, self._options.rule("").lease_s, free, self._pace.rooms(),
            self._pace.other(), self._turn, self._pace.room_in, self._options.leases(),
        )  # fmt: skip
        batch = self._queue.claim(wish) if free else Batch((), None)
        self._turn += len(batch.claims)
        failpoint("after_claim")
        return batch

    def _start(self, pool: ThreadPoolExecutor, running: Running) -> None:
        self._pace.begin(running.claim.entry.queue, running.claim.entry.destination)
        self._heartbeat.add(running)
        with self._count:
            self._free -= 1
        pool.submit(self._deliver, running)

    def _deliver(self, running: Running) -> None:
        queue, destination = running.claim.entry.queue, running.claim.entry.destination
        is_well, hold_s = None, 0.0
        try:
            delivered = self._deliverer.deliver(running)
            is_well, hold_s = delivered.is_well, delivered.hold_s
            self._record(running, delivered)
        except Exception:
            _log.exception("an entry could not be recorded; its lease will tell")
        finally:
            self._heartbeat.remove(running)
            hold_s = max(hold_s, self._pace.end(queue, destination, is_well=is_well))
            self._hold_back(destination, hold_s)
            with self._count:
                self._free += 1
            self._wake()

    def _record(self, running: Running, delivered: Delivered) -> None:
        """Record it, again and again while the database is away, until the lease is over."""
        failpoint("before_record")
        while True:
            try:
                answer = self._queue.record(delivered.event)
            except QueueError as error:
                if self._now() >= running.until:
                    raise
                _log.warning("%s waits to be recorded: %s", delivered.event.entry_id, error.what)
                threading.Event().wait(min(1.0, running.lease_s / 10))
            else:
                failpoint("after_record")
                if isinstance(answer, Change):
                    self._told(answer, running.claim.payload)
                return

    def _hold_back(self, destination: str, hold_s: float) -> None:
        if hold_s <= 0:
            return
        try:
            self._queue.hold_back(destination, hold_s)
        except QueueError as error:
            _log.warning("%s could not be held back: %s", destination, error.what)

    def _is_idle(self) -> bool:
        with self._count:
            return self._free == self._options.at_once

    def _rest(self, batch: Batch) -> None:
        """Sleep until there is news, an entry falls due, or a hand is free again."""
        if batch.is_overdue:
            return
        times = [self._options.most_sleep_s, batch.next_due_s, self._pace.refill_s()]
        wait_s = min(s for s in times if s is not None)
        if self._watch is not None and not self._stopping.is_set():
            self._watch.wait(max(wait_s, 0.001))

    def _wake(self) -> None:
        if self._watch is not None:
            self._watch.wake()

    def _clean(self) -> None:
        """Remove what was kept long enough, once an hour."""
        if self._now() - self._cleaned_at < _CLEAN_EACH_S:
            return
        self._cleaned_at = self._now()
        for queue in self._queue.queues():
            for state, kept_s in self._options.keeps_s(queue).items():
                while self._queue.forget(state, kept_s, queue) == _BATCH:
                    continue

    def _look(self) -> None:
        """Tell of queues that have passed a threshold, each half a minute."""
        if self._now() - self._looked_at < _LOOK_EACH_S:
            return
        self._looked_at = self._now()
        for alarm in self._queue.alarms(self._options.rule):
            payload = self._queue.story(alarm.entry.id).payloads[-1]
            self._tell(*alarm_of(alarm, place_of(payload, self._rules(payload))))

    def _told(self, change: Change, payload: Payload | None = None) -> None:
        """Tell what an attempt came to. payload: None where it was not sent by this worker."""
        if payload is None:
            payload = self._queue.story(change.entry.id).payloads[-1]
        event = event_of(change, place_of(payload, self._rules(payload)))
        if event is not None:
            self._tell(*event)

    def _rules(self, payload: Payload) -> Rules | None:
        try:
            return self._policies(payload)
        except HealerError:
            return None


def _client(rules: Rules) -> HealingClient:
    from battle_healer import HealingClient  # noqa: PLC0415 -- opens the HTTP library

    # The deadline of a delivery bounds it.
    return HealingClient(policy=rules, timeout=None)
