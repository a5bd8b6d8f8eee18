"""Event to message: pure, for any platform."""
