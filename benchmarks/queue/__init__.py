"""The queue beside other queues: the same work, the same durability, one run."""
