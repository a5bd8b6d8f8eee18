"""Discord, translated."""
