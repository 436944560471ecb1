"""The double itself: what it is asked, by what it answers, how it fails, and what it saw."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from battle_healer_mock.chance import text_digest
from battle_healer_mock.errors import unknown_name
from battle_healer_mock.gemini.answers import DETAIL, Said, error, ranked
from battle_healer_mock.gemini.asked import Asked, RefusedError
from battle_healer_mock.gemini.faults import Broken, Pending, Shot, parse
from battle_healer_mock.gemini.policies import BY_NAME as POLICIES

MODEL: Final = "scripted-double"
"""The model that it calls itself, so that nobody takes it for one."""
MODELS: Final = (MODEL, "gemini-decision-1", "gemini-3.8-flash")
WRONG_KEY: Final = "wrong"
"""A key that begins like this is refused, as the service refuses a bad one."""
LABEL: Final = ("x-gemini-double", "scripted answers, no model")

_KEY: Final = "x-goog-api-key"
_KEPT: Final = 10_000


@dataclass(frozen=True, slots=True)
class Row:
    """One request as it came. The key is a digest, everything else as on the wire.

    fault: what was done to it instead of an answer.
    """

    line: int
    method: str
    target: str
    headers: Mapping[str, str]
    body: str
    key: str | None
    fault: str | None = None

    def public(self) -> dict[str, Any]:
        """As `/control/wire` shows it."""
        return asdict(self)


class Double:
    """The state of one double. Thread-safe: tests read it while it answers.

    policy: a name of the table. faults: a trigger.
    """

    def __init__(self, policy: str = "sensible", faults: str = "") -> None:
        self._lock = threading.Lock()
        self._rows: deque[Row] = deque(maxlen=_KEPT)
        self._count = 0
        self.set(policy, faults)

    def set(self, policy: str | None = None, faults: str | None = None) -> None:
        """Change how it answers and fails. Raises BadInputError."""
        if policy is not None and policy not in POLICIES:
            raise unknown_name("policy", policy, "policy", POLICIES)
        pending = None if faults is None else parse(faults)
        with self._lock:
            if policy is not None:
                self._policy = POLICIES[policy]
            if pending is not None:
                self._pending: list[Pending] = pending

    def clear(self) -> None:
        """Forget what was seen."""
        with self._lock:
            self._rows.clear()

    @property
    def wire(self) -> tuple[Row, ...]:
        """What was seen, oldest first."""
        with self._lock:
            return tuple(self._rows)

    def status(self) -> dict[str, Any]:
        """As `/control` shows it."""
        with self._lock:
            faults = [{"fault": p.fault.name, "left": str(p.left)} for p in self._pending]
            return {"policy": self._policy.name, "faults": faults, "seen": self._count}

    def answer(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes,
        read: Callable[[], Asked],
    ) -> Said | Broken:  # fmt: skip
        """Answer one question and note it down. read: understands it, raises RefusedError."""
        try:
            key_of(headers)
            asked = read()
        except RefusedError as refused:
            self.note(method, target, headers, body)
            return refusal(refused)
        with self._lock:
            policy, pending = self._policy, self._next()
        self.note(method, target, headers, body, pending.fault.name if pending else None)

        def good() -> Said:
            chances = {question.name: policy.ranks(asked, question) for question in asked.questions}
            return ranked(asked, chances)

        if pending is None:
            return good()
        return pending.fault.answer(Shot(asked, pending.value, good))

    def note(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes,
        fault: str | None = None,
    ) -> None:  # fmt: skip
        """Write a row of the wire log."""
        key = headers.get(_KEY)
        shown = {name: value for name, value in headers.items() if name != _KEY}
        with self._lock:
            self._count += 1
            text = body.decode("utf-8", "backslashreplace")
            digest = text_digest(key) if key else None
            self._rows.append(Row(self._count, method, target, shown, text, digest, fault))

    def _next(self) -> Pending | None:
        while self._pending:
            first = self._pending[0]
            first.left -= 1
            if first.left <= 0:
                del self._pending[0]
            if first.left >= 0:
                return first
        return None


def key_of(headers: Mapping[str, str]) -> str:
    """The API key. Raises RefusedError as the service would."""
    key = headers.get(_KEY)
    if not key:
        raise RefusedError(403, "PERMISSION_DENIED", "Method doesn't allow unregistered callers.")
    if key.startswith(WRONG_KEY):
        raise RefusedError(400, "INVALID_ARGUMENT", "API key not valid.", "API_KEY_INVALID")
    return key


def known(model: str) -> None:
    """Refuse a model that does not exist."""
    if model not in MODELS:
        raise RefusedError(404, "NOT_FOUND", f"models/{model} is not found for API version v1beta.")


def refusal(refused: RefusedError) -> Said:
    """The error reply of a refusal."""
    details = [{"@type": f"{DETAIL}ErrorInfo", "reason": refused.reason}] if refused.reason else []
    return error(refused.status, refused.code, refused.message, details)
