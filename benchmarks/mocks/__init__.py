"""HTTP mocks side by side: the same three requests, and what they cost each server."""
