"""The database itself: connection, transactions, statements, and rows as values."""
