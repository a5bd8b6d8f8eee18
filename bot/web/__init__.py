"""The one web server of this program; platforms add their own routes to it."""
