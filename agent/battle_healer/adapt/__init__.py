"""Drifted answers in the expected shape. Read `adapt`, then `fit`, and `sources` for the ways."""

from battle_healer.adapt.adapt import adapt

__all__ = ["adapt"]
