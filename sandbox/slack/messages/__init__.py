"""Messages.

content.py         reads and checks what the app sends as a message or view
writer.py          creates, edits and deletes messages, and publishes the events
response_urls.py   messages by response URL
markup.py          Slack's escapes, mentions and links
block_text.py      the text, pings, images and buttons of blocks
rendering.py       messages as members see them, for the control API
"""
