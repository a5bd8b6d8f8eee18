"""Turns a command into one gateway's request with its price, or into a refusal; pure."""
