"""Discord's events, read and answered in time."""
