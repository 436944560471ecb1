"""The ways to fail: one file per fault, one row each in `table.py`."""
