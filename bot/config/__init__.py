"""The operator's settings, and the only code that reads them."""
