"""Jobs and the ledger in one SQLite database."""
