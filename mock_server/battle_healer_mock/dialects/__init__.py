"""How an error is spelled: one file per dialect, one row each in `table.py`."""
