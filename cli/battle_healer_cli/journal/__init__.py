"""What was kept of past calls, for people's eyes and for programs."""
