"""The worker: claims what is due, delivers it through the healing agent, and records what came."""

from battle_healer_replay.worker.worker import Options, Worker

__all__ = ["Options", "Worker"]
