"""The transports of Slack's events."""
