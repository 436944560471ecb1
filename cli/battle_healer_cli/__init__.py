"""The command `healer`."""
