"""What FastAPI answers: tokens, logs, ledger and journal, and the switches of the server."""
