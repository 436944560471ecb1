"""The mock server's switches and books, over HTTP: works for any mock, wherever it runs."""

from __future__ import annotations

import ssl
from datetime import datetime
from functools import cache
from typing import Any, Final, Self

import httpx2

from battle_healer.text import safe
from battle_healer_cli.complaints import UsageError
from battle_healer_cli.running.report import Row
from battle_healer_scenarios.scenario import Scenario

_TIMEOUT_S: Final = 10.0


@cache
def trusted() -> ssl.SSLContext:
    """What every client here trusts; made once, since that takes longer than a short scenario."""
    return httpx2.create_ssl_context()


class Control:
    """Talks to one mock server. url: its base URL, without a region."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        self._client = httpx2.Client(
            base_url=self.url, timeout=_TIMEOUT_S, trust_env=False, verify=trusted()
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def load(self, scenario: Scenario) -> None:
        """Begin a scenario on a clean server."""
        self._ask("POST", "/control/scenario", scenario.for_control())

    def clock(self) -> tuple[str, datetime]:
        """Mode of the server's clock, and its wall time."""
        told = self._ask("GET", "/control/clock")
        return str(told["mode"]), datetime.fromisoformat(str(told["wall"]))

    def advance(self, seconds: float) -> None:
        """Let time pass on a manual clock."""
        self._ask("POST", "/control/clock", {"advance_s": seconds})

    def issue_token(self, user_id: str) -> str:
        """A live token of that user; the same in every run of a scenario."""
        return str(self._ask("POST", "/generate-api-key", {"userId": user_id})["token"])

    def effects(self) -> tuple[Row, ...]:
        """What took effect, in order."""
        return tuple(self._ask("GET", "/ledger")["effects"])

    def journal(self) -> tuple[Row, ...]:
        """Every exchange of the protected API, in order of arrival."""
        rows = self._ask("GET", "/journal")["rows"]
        return tuple(row for row in rows if row["route"] == "/external-api")

    def close_traffic(self, wait_s: float) -> dict[str, Any]:
        """End the traffic, wait so long for what still runs, and return the verdict."""
        return self._ask("POST", f"/verdict/close?wait_s={wait_s:g}")

    def _ask(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        fix = "Start one with `healer mock`, or leave --url out to have one made."
        try:
            reply = self._client.request(method, path, json=body)
            told = reply.json()
        except (httpx2.TransportError, ValueError) as error:
            raise UsageError(
                f"no mock server answers ({type(error).__name__})", self.url, fix
            ) from error
        if reply.is_error or not isinstance(told, dict):
            detail = told.get("detail") if isinstance(told, dict) else None
            raise UsageError(f"{path} was refused: {safe(str(detail), 300)}", self.url, fix)
        return told
