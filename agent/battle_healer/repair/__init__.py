"""Requests mended by what errors and contracts name. Read `repair`, then `fields`, `values`."""

from battle_healer.repair.repair import Repaired, repair, touches

__all__ = ["Repaired", "repair", "touches"]
