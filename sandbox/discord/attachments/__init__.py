"""Files: what becomes of an upload, and where it is served."""
