"""Discord's HTTP API v10, one file a resource."""
