"""The durable queue: what cannot be healed now is delivered later, once in effect."""

from battle_healer_replay.entry import Draft, Payload, Receipt
from battle_healer_replay.queue import Queue, open_queue

__all__ = ["Draft", "Payload", "Queue", "Receipt", "open_queue"]
