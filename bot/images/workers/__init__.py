"""Processes that open foreign files: long-lived, limited in memory and time, and killed without harm to the bot."""
