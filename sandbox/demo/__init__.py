"""The fixed conversation: a sandbox, a real bot process, and members who use it.

__main__.py      the command line, and what comes out of it
conversation.py  who says what, and what must arrive
watching.py      what the bot shows, noticed as it changes
transcript.py    the written record: live lines, Markdown, picture files
attachments.py   the pictures that members attach
"""
