"""The bot's web server. Platforms add their own routes to it."""
