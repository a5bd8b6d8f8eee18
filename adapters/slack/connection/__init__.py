"""The roads by which Slack's events come."""
