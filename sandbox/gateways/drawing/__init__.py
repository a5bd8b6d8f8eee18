"""Drawing plausible pictures."""
