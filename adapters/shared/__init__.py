"""What the adapters of all platforms share."""
