"""Messages: what a bot may send, and what becomes of it."""
