"""Interactions: commands, components and modals.

interactions.py       tokens, deadlines and open modals
command_registry.py   the registered application commands
command_options.py    option values against a command's definition
modals.py             checks the modals that a bot opens
"""
