"""The Web API: server.py takes calls, access.py tokens and scopes, ratelimits.py tiers; one file a family of methods."""
