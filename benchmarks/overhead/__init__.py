"""What a clean call costs over the bare client: mock transport, no socket, one process."""
