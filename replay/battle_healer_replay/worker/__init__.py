"""The worker: claims what is due, delivers it through the healing agent, and records what came."""

from battle_healer_replay.worker.options import Options
from battle_healer_replay.worker.telling import EVENTS, journalled, to_all
from battle_healer_replay.worker.worker import Worker

__all__ = ["EVENTS", "Options", "Worker", "journalled", "to_all"]
