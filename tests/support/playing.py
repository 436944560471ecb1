"""A scripted dialogue with the loop: what it does, what it is answered, how it ends."""

import json
from collections.abc import Generator
from dataclasses import fields
from typing import Any, Self

from battle_healer.commands import (
    Acquire,
    Answer,
    Ask,
    Command,
    Note,
    Park,
    Refresh,
    Send,
    Substitute,
    Wait,
)
from battle_healer.episode import Ending
from battle_healer.model import Outcome


def play(dialogue: Generator[Command, Answer, Ending]) -> "Play":
    """Start a dialogue."""
    return Play(dialogue)


class Play:
    """One dialogue under test. Notes are collected on the way and never asked about."""

    def __init__(self, dialogue: Generator[Command, Answer, Ending]) -> None:
        self._dialogue = dialogue
        self._command: Command | None = None
        self._ending: Ending | None = None
        self.notes: list[Note] = []
        self._resume(None)

    @property
    def command(self) -> Command | None:
        """What the loop wants now; None when it is over."""
        return self._command

    def does(self, kind: type[Command], **expected: Any) -> Self:
        """The loop's next command is of this kind, with these values (see `_facts`)."""
        assert self._ending is None, f"ended: {self._ending}"
        assert isinstance(self._command, kind), f"does {self._command}, not {kind.__name__}"
        facts = _facts(self._command)
        assert {name: facts[name] for name in expected} == expected
        return self

    def answer(self, answer: Answer) -> Self:
        """Answer the command that was just looked at."""
        self._resume(answer)
        return self

    def waits(self, seconds: float) -> Self:
        """The loop waits that long, and is told that it did."""
        self.does(Wait)
        assert isinstance(self._command, Wait)
        assert abs(self._command.seconds - seconds) < 1e-9, self._command
        return self.answer(None)

    def sends(self, answer: Answer, **expected: Any) -> Self:
        """The loop sends, and gets this answer."""
        return self.does(Send, **expected).answer(answer)

    def ends(self, kind: str) -> Outcome:
        """The dialogue is over, with this outcome."""
        return self.ending(kind).outcome

    def ending(self, kind: str) -> Ending:
        """The dialogue is over; what the driver is handed."""
        assert self._ending is not None, f"goes on with {self._command}"
        assert self._ending.outcome.kind == kind, self._ending.outcome
        return self._ending

    def _resume(self, answer: Answer) -> None:
        try:
            self._command = self._dialogue.send(answer)
            while isinstance(self._command, Note):
                self.notes.append(self._command)
                self._command = self._dialogue.send(None)
        except StopIteration as stop:
            self._command, self._ending = None, stop.value


def _facts(command: Command) -> dict[str, Any]:
    match command:
        case Send(attempt):
            grant = attempt.grant
            return {
                "region": attempt.region.name,
                "credential": grant.name if grant else None,
                "token": grant.token.reveal() if grant else None,
                "json": json.loads(attempt.body) if attempt.body else None,
                "ordinal": attempt.ordinal,
                "after": attempt.after,
            }
        case Acquire() | Refresh() | Substitute() | Wait() | Ask() | Park():
            return {f.name: getattr(command, f.name) for f in fields(command)}
        case _:
            raise AssertionError(command)
