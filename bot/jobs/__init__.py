"""A job's values: its row, its pictures, what happens to it, how it fails, and the ports of its store."""
