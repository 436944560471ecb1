"""The queue in PostgreSQL, for workers on many machines."""
