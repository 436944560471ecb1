"""Gemini as a planner: it gives a probability to each id of a menu, and never writes anything."""
