"""The gateways' dialects, one file each, and the rules of each."""
