"""What a client did wrong: one rule a file, and `table.py` with all of them."""
