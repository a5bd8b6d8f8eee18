"""The only httpx: gateways, dialects, downloads."""
