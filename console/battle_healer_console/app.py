"""The application: the queue's API, and in front of a mock server if there is one."""

from __future__ import annotations

from datetime import UTC, datetime
from importlib.metadata import version
from random import SystemRandom
from typing import Final

from fastapi import FastAPI

from battle_healer.ids import Ids
from battle_healer_console import entries, handing_in, operating
from battle_healer_console.asgi import App, Receive, Scope, Send
from battle_healer_console.desk import Desk
from battle_healer_console.guard import Guard
from battle_healer_console.handing_in import Declaring
from battle_healer_console.problems import add_handlers

_OURS: Final = ("/queue-", "/healthz", "/readyz")
_ABOUT: Final = """\
What could not be healed now is handed in, kept durably, and delivered later through the healing
agent. Only programs of this machine may use it: there is no authentication yet.
"""


def build(desk: Desk, declaring: Declaring) -> App:
    """The API over the queue of a desk.

    declaring: the rules that declare a URL; nothing is sent elsewhere.
    """
    api = FastAPI(
        title="battle-healer queue",
        description=_ABOUT,
        version=version("battle-healer"),
        openapi_url="/queue-openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    new_id = Ids(lambda: datetime.now(UTC), SystemRandom().getrandbits).new_id
    api.include_router(handing_in.router(desk, declaring, new_id))
    api.include_router(entries.router(desk))
    api.include_router(operating.router(desk))
    add_handlers(api)
    return Guard(api)


def mounted(api: App, mock: App) -> App:
    """Both on one port: the queue's paths and the health of the whole are the API's."""

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        is_ours = scope["type"] == "http" and scope["path"].startswith(_OURS)
        await (api if is_ours else mock)(scope, receive, send)

    return serve
