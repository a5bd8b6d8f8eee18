"""Claims jobs and calls `advance(job)` for each."""
