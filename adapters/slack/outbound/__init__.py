"""Replies, written to Slack."""
