"""The demo: a sandbox, a real bot process, and a scripted conversation on every platform at once.

__main__.py        the command line and the run
conversation.py    the script: who asks for what, and how many pictures must arrive
members.py         how members do each step, per platform
watcher.py         notices the bot's new and changed messages
message_lines.py   a message's text, whatever its markup
transcript.py      the written record: Markdown and pictures
live_log.py        the same as it happens, for a terminal
attachments.py     the pictures that members attach
"""
