"""Replies, written to Discord."""
