"""Where the core meets the world: one folder a chat platform, the command line, and the composition root."""
