"""Callers commit for one another: whoever finds nobody at it leads, and takes along who waits.

Alone, a caller commits on its own thread, with nobody to wake. Under load many share one commit,
which is what the disk sets the price of: durable, and far faster than a commit each.
"""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import groupby, islice
from typing import Any, Final, TypeVar

from battle_healer_replay.engine import Engine, Session
from battle_healer_replay.errors import ClosedError, QueueError
from battle_healer_replay.failpoints import failpoint

Item = TypeVar("Item")
Answer = TypeVar("Answer")
Operation = Callable[[Session, Sequence[Item]], Sequence[Answer | Exception]]

_MOST: Final = 256  # wishes in one commit


def _shut() -> threading.Lock:
    gate = threading.Lock()
    gate.acquire()
    return gate


@dataclass(slots=True, eq=False)
class _Wish:
    """gate: opened when it is answered, and when its caller is to lead."""

    operation: Operation[Any, Any]
    item: Any
    is_news: bool
    gate: threading.Lock = field(default_factory=_shut)
    answer: Any = None
    is_answered: bool = False

    def give(self, answer: Any) -> None:
        """Let the caller go on, with the answer or the exception that is one."""
        self.answer, self.is_answered = answer, True
        self.gate.release()


class Writer:
    """Carries out operations, each durable before its caller goes on. Thread-safe.

    One caller leads at a time. It commits one group, its own wish first, and then the caller of
    the oldest wish that is left leads. A wish stays in line until it is answered, so that whoever
    leads next does what an interrupted leader did not finish.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._wishes: deque[_Wish] = deque()
        self._lock = threading.Lock()
        self._is_idle = threading.Condition(self._lock)
        self._leading: _Wish | None = None
        self._closed = False
        self._pid = os.getpid()

    def ask(
        self, operation: Operation[Item, Answer], item: Item, *, is_news: bool = False
    ) -> Answer:
        """Carry out an operation for one item, and return its answer once it is committed.

        is_news: other processes are told. Raises what the operation raises, ClosedError after
        `close`, and the errors of the engine.
        """
        (answer,) = self._answers([_Wish(operation, item, is_news)])
        result: Answer = answer
        return result

    def ask_all(self, operation: Operation[Item, Answer], items: Sequence[Item]) -> list[Answer]:
        """The same for several items, which share a commit where they can."""
        return self._answers([_Wish(operation, item, is_news=False) for item in items])

    def close(self) -> None:
        """Commit what was asked for, then end."""
        self._closed = True
        # In a child of a fork nobody is left who leads.
        if os.getpid() == self._pid:
            with self._is_idle:
                self._is_idle.wait_for(lambda: self._leading is None)

    def _answers(self, wishes: list[_Wish]) -> list[Any]:
        if os.getpid() != self._pid:
            raise _closed(self._engine.name)
        try:
            self._join(wishes)
            for wish in wishes:
                wish.gate.acquire()
                if wish is self._leading:
                    self._lead()
        except BaseException:
            self._leave(wishes)
            raise
        for wish in wishes:
            if isinstance(wish.answer, Exception):
                raise wish.answer
        return [wish.answer for wish in wishes]

    def _join(self, wishes: list[_Wish]) -> None:
        with self._lock:
            if self._closed:
                raise _closed(self._engine.name)
            self._wishes.extend(wishes)
            if self._leading is None:
                self._pass_on()

    def _leave(self, wishes: list[_Wish]) -> None:
        """The caller is interrupted: nobody waits for its wishes, and it leads nobody."""
        with self._lock:
            for wish in wishes:
                if wish in self._wishes:
                    self._wishes.remove(wish)
            if self._leading in wishes:
                self._pass_on()

    def _lead(self) -> None:
        # Whoever is about to ask does so now, and shares this commit.
        time.sleep(0)  # noqa: TID251 -- it waits for nothing, it lets go of the interpreter
        with self._lock:
            group = list(islice(self._wishes, _MOST))
        self._commit(group)
        with self._lock:
            self._pass_on()

    def _pass_on(self) -> None:
        """Let the caller of the oldest wish that is left lead, if there is one."""
        while self._wishes and self._wishes[0].is_answered:
            self._wishes.popleft()
        self._leading = self._wishes[0] if self._wishes else None
        if self._leading is None:
            self._is_idle.notify_all()
        else:
            self._leading.gate.release()

    def _commit(self, group: list[_Wish]) -> None:
        try:
            answers = self._transacted(group)
        except QueueError as error:
            # The database's own trouble: it would be the same for each alone.
            answers = [error] * len(group)
        except Exception as error:
            if len(group) > 1:
                # One of them is wrong, and only its own caller shall hear of it.
                for wish in group:
                    self._commit([wish])
                return
            answers = [error]
        else:
            if any(wish.is_news for wish in group):
                self._engine.announce()
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


def _closed(name: str) -> ClosedError:
    return ClosedError(
        "the queue was closed, or was opened before a fork",
        name,
        "Open it in the process that uses it, and close it after its last use.",
    )
