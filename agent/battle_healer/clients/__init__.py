"""Clients and transports: where a program's HTTP library meets the healing loop."""
