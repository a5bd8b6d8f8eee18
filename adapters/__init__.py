"""The adapters: one folder per chat platform, the command line, and the composition root."""
