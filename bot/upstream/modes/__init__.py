"""The ways to wait for a result: one answer, a stream, a task."""
