"""The clients of the mix, one file each, configured as their own documentation advises best."""
