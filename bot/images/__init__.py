"""The only Pillow."""
