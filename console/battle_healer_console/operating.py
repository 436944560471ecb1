"""The queue as a whole: figures, pauses, and whether it is well."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from fastapi import APIRouter

from battle_healer.text import safe
from battle_healer_console.bodies import Pausing, Resuming
from battle_healer_console.desk import Desk
from battle_healer_console.errors import UnknownPauseError
from battle_healer_console.problems import responses
from battle_healer_console.schemas import PAUSED, STATUS
from battle_healer_replay import Queue
from battle_healer_replay.operations.pauses import Pause, Resume


def router(desk: Desk) -> APIRouter:
    """The operations as a router of its own."""
    api = APIRouter(tags=["queue"])

    @api.get(
        "/queue-status",
        summary="Figures of the moment, and pauses.",
        responses=responses() | STATUS,
    )
    async def status() -> dict[str, Any]:
        return await desk.ask(_status)

    @api.post(
        "/queue-pause",
        summary="Let nothing of a queue, tenant or destination be sent.",
        responses=responses() | PAUSED,
    )
    async def pause(wish: Pausing) -> dict[str, Any]:
        for_s = None if wish.minutes is None else wish.minutes * 60
        pause = Pause(wish.scope, wish.name, wish.by, wish.why, for_s)
        return await desk.ask(lambda queue: _paused(queue, pause))

    @api.post(
        "/queue-resume", summary="End a pause.", responses=responses(UnknownPauseError) | PAUSED
    )
    async def resume(wish: Resuming) -> dict[str, Any]:
        resume = Resume(wish.scope, wish.name, wish.by, wish.why)
        return await desk.ask(lambda queue: _resumed(queue, resume))

    @api.get("/healthz", summary="Whether the process answers.", tags=["health"])
    async def healthz() -> dict[str, str]:
        return {"status": "ok"}

    @api.get(
        "/readyz", summary="Whether the queue answers.", tags=["health"], responses=responses()
    )
    async def readyz() -> dict[str, str]:
        await desk.ask(lambda queue: queue.now_ms())
        return {"status": "ready"}

    return api


def _status(queue: Queue) -> dict[str, Any]:
    figures = asdict(queue.stats())
    counts: dict[str, Any] = figures.pop("counts")
    return counts | figures


def _paused(queue: Queue, pause: Pause) -> dict[str, Any]:
    queue.pause(pause)
    return _pauses(queue)


def _resumed(queue: Queue, resume: Resume) -> dict[str, Any]:
    if not queue.resume(resume):
        raise UnknownPauseError(
            f"{resume.scope} {safe(resume.name, 80)!r} is not paused",
            "/name",
            "GET /queue-status shows what is.",
        )
    return _pauses(queue)


def _pauses(queue: Queue) -> dict[str, Any]:
    return {"paused": [asdict(paused) for paused in queue.stats().paused]}
