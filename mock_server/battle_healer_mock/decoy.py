"""Another origin, to which a redirect can lead: it takes what comes, and it does nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from battle_healer_mock.answer import Reply

# Looks like a success, so that a client which was led astray has nothing to go by but the origin.
WELCOME: Final = Reply(
    {"message": "Charge accepted.", "status": "accepted"}, complete=False, told="no"
)


@dataclass(frozen=True, slots=True)
class Decoy:
    """Where it listens: an origin of its own, since its port is another than the server's."""

    host: str
    port: int

    @property
    def url(self) -> str:
        """Its base URL; a server that listens everywhere is reached by loopback."""
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104 - compared, not bound
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}"
