"""One call from the command line: what was typed, under which policy, and how it ended."""
