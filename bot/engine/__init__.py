"""Who calls `advance(job)`."""
