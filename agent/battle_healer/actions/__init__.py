"""The nine actions: one file each, `table` orders them."""
