"""One flight per question: whoever asks the same at the same time, or soon after, shares it.

Without it an outage that hits 5,000 calls would be 5,000 model calls.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future
from typing import Final, Generic, TypeVar

T = TypeVar("T")

SHARED_S: Final = 60.0
"""For how long an answer is shared."""
_MOST: Final = 256


class Flights(Generic[T]):
    """Answers by fingerprint, under way or fresh. Thread-safe.

    now: monotonic seconds. keep: whether an answer may be shared later; those under way always are.
    """

    def __init__(self, now: Callable[[], float], keep: Callable[[T], bool]) -> None:
        self._now, self._keep = now, keep
        self._lock = threading.Lock()
        self._known: OrderedDict[str, tuple[float, Future[T]]] = OrderedDict()

    def share(self, fingerprint: str, ask: Callable[[], T], wait_s: float) -> T:
        """The answer to a question: asked for by one caller, handed to all.

        wait_s: how long a follower waits. Raises TimeoutError when that is over.
        """
        with self._lock:
            known = self._known.get(fingerprint)
            if known is not None and known[0] > self._now():
                followed = known[1]
            else:
                followed = None
                flight: Future[T] = Future()
                self._known[fingerprint] = (self._now() + SHARED_S, flight)
                while len(self._known) > _MOST:
                    self._known.popitem(last=False)
        if followed is not None:
            return followed.result(wait_s)
        return self._led(fingerprint, flight, ask)

    def _led(self, fingerprint: str, flight: Future[T], ask: Callable[[], T]) -> T:
        try:
            answer = ask()
        except BaseException as error:
            self._forget(fingerprint, flight)
            flight.set_exception(error)
            raise
        if not self._keep(answer):
            self._forget(fingerprint, flight)
        flight.set_result(answer)
        return answer

    def _forget(self, fingerprint: str, flight: Future[T]) -> None:
        with self._lock:
            if self._known.get(fingerprint, (0.0, None))[1] is flight:
                del self._known[fingerprint]
