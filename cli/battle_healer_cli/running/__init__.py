"""Plays scenarios against a mock server and judges what came of them."""
