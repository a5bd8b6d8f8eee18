"""The only aiosqlite."""
