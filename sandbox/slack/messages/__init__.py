"""Messages: what an app may say, and what becomes of it."""
