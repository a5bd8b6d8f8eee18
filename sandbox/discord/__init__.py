"""A fake Discord: REST, gateway, CDN and interactions with the real limits, deadlines and error codes.

fake_discord.py   wires the parts; starts and stops the TLS server and the proxy
world.py          servers, channels, members and messages
changes.py        changes to the world that the control API asks for
serializer.py     the world as Discord's JSON objects
snowflakes.py     Discord's ids
enums.py          Discord's numeric constants
errors.py         error responses by JSON code
gateway/          the websocket gateway: connections, sessions, compression
rest/             the HTTP API v10, one file a resource, with rate limits
attachments/      uploads become attachments; the CDN serves them at signed URLs
messages/         checks what a bot sends; creates, edits and deletes messages
interactions/     registered commands, options and modals; interaction tokens and deadlines
members/          what members do, and how it becomes an interaction
"""
