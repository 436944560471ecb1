"""One thread commits for all callers of a process, and groups what arrives during a commit.

Alone, a caller's wish is committed at once. Under load many share one commit, which is what the
disk sets the price of: durable, and far faster than a commit each.
"""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, Final, TypeVar

from battle_healer_replay.engine import Engine, Session
from battle_healer_replay.errors import ClosedError, QueueError
from battle_healer_replay.failpoints import failpoint

Item = TypeVar("Item")
Answer = TypeVar("Answer")
Operation = Callable[[Session, Sequence[Item]], Sequence[Answer | Exception]]

_MOST: Final = 256  # wishes in one commit
_BETWEEN_NEWS_S: Final = 0.05


@dataclass(frozen=True, slots=True)
class _Wish:
    operation: Operation[Any, Any]
    item: Any
    is_news: bool
    answer: Future[Any] = field(default_factory=Future)

    def give(self, answer: Any) -> None:
        """Let the caller go on, with the answer or the exception that is one."""
        if isinstance(answer, Exception):
            self.answer.set_exception(answer)
        else:
            self.answer.set_result(answer)


class Writer:
    """Carries out operations, each durable before its caller goes on. Thread-safe."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._wishes: deque[_Wish] = deque()
        self._work = threading.Condition()
        self._closed = False
        self._owed = False
        self._told_at = 0.0
        self._pid = os.getpid()
        self._thread = threading.Thread(target=self._run, name="healer-queue-writer", daemon=True)
        self._thread.start()

    def ask(
        self, operation: Operation[Item, Answer], item: Item, *, is_news: bool = False
    ) -> Answer:
        """Carry out an operation for one item, and return its answer once it is committed.

        is_news: other processes are told. Raises what the operation raises, ClosedError after
        `close`, and the errors of the engine.
        """
        (answer,) = self._asked(operation, [item], is_news)
        result: Answer = answer.result()
        return result

    def ask_all(self, operation: Operation[Item, Answer], items: Sequence[Item]) -> list[Answer]:
        """The same for several items, which share a commit where they can."""
        return [answer.result() for answer in self._asked(operation, items, False)]

    def _asked(
        self, operation: Operation[Any, Any], items: Sequence[Any], is_news: bool
    ) -> list[Future[Any]]:
        wishes = [_Wish(operation, item, is_news) for item in items]
        with self._work:
            if self._closed or os.getpid() != self._pid:
                raise _closed(self._engine.name)
            self._wishes.extend(wishes)
            self._work.notify()
        return [wish.answer for wish in wishes]

    def close(self) -> None:
        """Commit what was asked for, then end."""
        with self._work:
            self._closed = True
            self._work.notify()
        if os.getpid() == self._pid and threading.current_thread() is not self._thread:
            self._thread.join()

    def _run(self) -> None:
        while True:
            with self._work:
                while not self._wishes and not self._closed:
                    if not self._work.wait(_BETWEEN_NEWS_S if self._owed else None):
                        break
                group = [self._wishes.popleft() for _ in range(min(_MOST, len(self._wishes)))]
                if not group and self._closed:
                    break
            if group:
                self._commit(group)
            self._tell()
        self._tell(at_last=True)

    def _commit(self, group: list[_Wish]) -> None:
        try:
            answers = self._transacted(group)
        except QueueError as error:
            # The database's own trouble: it would be the same for each alone.
            for wish in group:
                wish.answer.set_exception(error)
        except Exception as error:
            if len(group) == 1:
                group[0].answer.set_exception(error)
            else:
                # One of them is wrong, and only its own caller shall hear of it.
                for wish in group:
                    self._commit([wish])
        else:
            self._owed = self._owed or any(wish.is_news for wish in group)
            for wish, answer in zip(group, answers, strict=True):
                wish.give(answer)

    def _transacted(self, group: list[_Wish]) -> list[Any]:
        answers: list[Any] = []
        name = group[0].operation.__name__
        with self._engine.transaction() as session:
            for operation, wishes in groupby(group, key=lambda wish: wish.operation):
                answers += operation(session, [wish.item for wish in wishes])
            failpoint(f"{name}_before_commit")
        failpoint(f"{name}_after_commit")
        return answers

    def _tell(self, *, at_last: bool = False) -> None:
        """Tell other processes, but not for each commit: telling costs one of its own."""
        if not self._owed:
            return
        now = time.monotonic()
        if at_last or now - self._told_at >= _BETWEEN_NEWS_S:
            self._owed, self._told_at = False, now
            self._engine.announce()


def _closed(name: str) -> ClosedError:
    return ClosedError(
        "the queue was closed, or was opened before a fork",
        name,
        "Open it in the process that uses it, and close it after its last use.",
    )
