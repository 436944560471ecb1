"""Eighty calls that fail in known ways, an upstream that keeps the proof, and a judge."""
