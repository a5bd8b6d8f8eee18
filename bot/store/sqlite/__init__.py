"""Jobs and books in one SQLite file."""
