"""The handlers of what is answered at once, in words."""
