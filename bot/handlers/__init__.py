"""The handlers of commands, one file each; `binding.py` binds them to the keys of the table of commands."""
