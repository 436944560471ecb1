"""The journal: what happened to every call that needed more than one clean attempt."""

from battle_healer.journal.journal import Episode, Journal, OnEvent
from battle_healer.journal.opening import opened

__all__ = ["Episode", "Journal", "OnEvent", "opened"]
