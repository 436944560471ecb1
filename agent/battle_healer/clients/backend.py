"""The backend that takes failed calls: `/queue-failed` at `HEALER_BACKEND_URL`."""

from __future__ import annotations

import json
import logging
import os
from pathlib import Path
from typing import Any, Final

from battle_healer.commands import Denied
from battle_healer.errors import SettingsError
from battle_healer.model import Parked
from battle_healer.text import safe

_log: Final = logging.getLogger("battle_healer")
_ACCEPTED: Final = 202
_ANSWER_BYTES: Final = 65_536
_WAIT_S: Final = 5.0
_ID_CHARACTERS: Final = 200
_DEAD: Final = "dead"
_warned: Final = set[str]()


def backend_url() -> str | None:
    """The address of the backend, None where none is set; one that cannot be used is said once."""
    if not os.environ.get("HEALER_BACKEND_URL") and not Path(".env").is_file():
        return None
    from battle_healer.settings import load_settings  # noqa: PLC0415 -- opens pydantic

    try:
        return load_settings().backend_url
    except SettingsError as error:
        if str(error) not in _warned:
            _warned.add(str(error))
            _log.warning("failed calls are not handed on: %s", error)
        return None


def hand_on(url: str, failed: dict[str, Any], left_s: float) -> Parked | Denied:
    """Post a failed call to the backend; parked only once the backend says that it has it (I8).

    One that the backend keeps, but will not send unless somebody says so, is not parked (I6).
    failed: as `/queue-failed` takes it. left_s: of the call's deadline. Never raises.
    """
    import httpx2  # noqa: PLC0415 -- only where something is handed on

    where = f"{url.rstrip('/')}/queue-failed"
    try:
        with (
            httpx2.Client(timeout=max(0.1, min(_WAIT_S, left_s))) as client,
            client.stream("POST", where, json=failed) as reply,
        ):
            if reply.status_code != _ACCEPTED:
                return Denied(f"the backend did not take it (status {reply.status_code})")
            answer = _answer(reply)
    except (httpx2.HTTPError, httpx2.InvalidURL, ValueError, RecursionError) as error:
        return Denied(f"the backend did not take it: {type(error).__name__}")
    name = answer.get("id")
    if not isinstance(name, str) or not 0 < len(name) <= _ID_CHARACTERS:
        return Denied("the backend gave no receipt")
    if answer.get("state") == _DEAD:
        return Denied(f"the backend keeps it as {safe(name)} until somebody decides")
    return Parked(name, durable=True)


def _answer(reply: Any) -> dict[str, Any]:
    """The object that a reply holds, {} for any other. Raises ValueError, RecursionError."""
    body = bytearray()
    for chunk in reply.iter_bytes():
        body += chunk
        if len(body) > _ANSWER_BYTES:
            return {}
    answer = json.loads(body)
    return answer if isinstance(answer, dict) else {}
