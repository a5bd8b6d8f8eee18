"""Files: how they come in and are shared."""
