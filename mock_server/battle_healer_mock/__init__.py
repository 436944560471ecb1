"""The chaos server: an API that fails in known ways, and keeps the books while it does."""
