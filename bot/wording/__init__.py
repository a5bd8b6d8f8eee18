"""Every word a person reads, by code."""
