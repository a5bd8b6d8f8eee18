"""How an answer is waited for: at once, as a stream, by a task."""
