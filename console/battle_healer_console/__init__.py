"""The operators' API of the durable queue, over HTTP."""
