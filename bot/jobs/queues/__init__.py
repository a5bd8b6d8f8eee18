"""Waiting in line: turns, slots of a gateway, and a fair order between members."""
