"""One file a command. `binding.py` binds a handler to each key of the table of commands."""
