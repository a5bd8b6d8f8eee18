"""Parsers of picture files that read structure and metadata without decoding: one module per format, and their table."""
