"""The websocket gateway.

gateway.py       all sessions and connections; dispatches events
connection.py    one websocket: opcodes, heartbeats, close codes
sessions.py      what a bot has received, kept for a resume
compression.py   zlib-stream and zstd-stream
"""
