"""What we cost beside the bare parts, measured in one run: `make bench`."""
