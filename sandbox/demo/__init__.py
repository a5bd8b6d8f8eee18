"""The fixed conversation: a sandbox, a real bot process, and members who use it on every platform at once.

__main__.py      the command line, and what comes out of it
conversation.py  the table: who wants what, and what must arrive
members.py       how members do it, each platform's own way
watching.py      what the bot shows, noticed as it changes
reading.py       what a message says, whatever markup it came in
transcript.py    the written record: Markdown and picture files, written as they grow
live.py          the same as it happens, for a terminal
attachments.py   the pictures that members attach
"""
