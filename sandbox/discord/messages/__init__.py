"""Messages.

bodies.py       checks what a bot sends as one message
components.py   checks its components
mentions.py     whom it pings
writer.py       creates, edits and deletes messages, and dispatches the events
rendering.py    messages as members see them, for the control API
"""
