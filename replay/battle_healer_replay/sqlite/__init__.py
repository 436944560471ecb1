"""The queue in one SQLite file, on one machine."""
