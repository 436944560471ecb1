"""Keep the leases of what is in hand, from a thread of its own: a busy worker loses none."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Final

from battle_healer_replay.errors import QueueError
from battle_healer_replay.queue import Queue
from battle_healer_replay.transitions import Event, Refusal
from battle_healer_replay.worker.running import Running

_log: Final = logging.getLogger("battle_healer")


class Heartbeat:
    """Extends leases at each third of the shortest of them. now: monotonic seconds."""

    def __init__(self, queue: Queue, shortest_s: float, now: Callable[[], float]) -> None:
        self._queue, self._shortest_s, self._now = queue, shortest_s, now
        self._running: dict[tuple[str, int], Running] = {}
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="healer-heartbeat", daemon=True)

    def start(self) -> None:
        """Begin to beat."""
        self._thread.start()

    def close(self) -> None:
        """End."""
        self._ended.set()
        self._thread.join()

    def add(self, running: Running) -> None:
        """Look after a claim."""
        with self._lock:
            self._running[_key(running)] = running

    def remove(self, running: Running) -> None:
        """Leave it."""
        with self._lock:
            self._running.pop(_key(running), None)

    def stop_all(self, why: str) -> None:
        """Let nothing in hand be sent that has not begun."""
        with self._lock:
            for running in self._running.values():
                running.stopped = running.stopped or why

    def beat(self) -> None:
        """Extend every lease now; what is lost, or was cancelled, is stopped."""
        with self._lock:
            held = list(self._running.values())
        if not held:
            return
        before = self._now()
        events = [
            Event("extend", r.claim.entry.id, fence=r.claim.entry.fence, lease_s=r.lease_s)
            for r in held
        ]
        for running, answer in zip(held, self._queue.record_all(events), strict=True):
            if isinstance(answer, Refusal):
                running.stopped = answer.why
            else:
                running.until = before + running.lease_s
                if answer.entry.cancel_asked:
                    running.stopped = "somebody has cancelled it"

    def _run(self) -> None:
        pause_s = self._shortest_s / 3
        while not self._ended.wait(pause_s):
            try:
                self.beat()
                pause_s = self._shortest_s / 3
            except QueueError as error:
                # Sooner than usual: what cannot be extended must not be sent on for long.
                pause_s = min(1.0, self._shortest_s / 10)
                _log.warning("leases could not be extended: %s", error.what)


def _key(running: Running) -> tuple[str, int]:
    return running.claim.entry.id, running.claim.entry.fence
