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

_log: Final = logging.getLogger("battle_healer")
_ACCEPTED: Final = 202
_ANSWER_BYTES: Final = 65_536
_WAIT_S: Final = 5.0
_ID_CHARACTERS: Final = 200
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
            name = _id(reply)
    except (httpx2.HTTPError, httpx2.InvalidURL, ValueError) as error:
        return Denied(f"the backend did not take it: {type(error).__name__}")
    return Parked(name, durable=True) if name else Denied("the backend gave no receipt")


def _id(reply: Any) -> str | None:
    """The id on a receipt. Raises ValueError for what is none."""
    body = bytearray()
    for chunk in reply.iter_bytes():
        body += chunk
        if len(body) > _ANSWER_BYTES:
            return None
    answer = json.loads(body)
    name = answer.get("id") if isinstance(answer, dict) else None
    return name if isinstance(name, str) and 0 < len(name) <= _ID_CHARACTERS else None
