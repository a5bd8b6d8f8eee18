"""The Slack features that the code uses (events, methods, commands, files), and the scopes they need; pure."""

from collections.abc import Mapping

EVENTS: Mapping[str, str | None] = {
    "app_mention": "app_mentions:read",
    "app_uninstalled": None,
    "message.channels": "channels:history",
    "message.groups": "groups:history",
    "message.im": "im:history",
    "message.mpim": "mpim:history",
    "tokens_revoked": None,
}
"""Each event we subscribe to, and the scope it comes by. The messages are those a picture in a job's thread comes in."""
METHODS: Mapping[str, str | None] = {
    "apps.connections.open": None,  # by the app's own token
    "assistant.threads.setStatus": "chat:write",
    "auth.test": None,
    "chat.delete": "chat:write",
    "chat.postEphemeral": "chat:write",
    "chat.postMessage": "chat:write",
    "chat.update": "chat:write",
    "conversations.history": "channels:history",  # or the scope of another kind of channel; the events need all of them
    "conversations.open": "im:write",
    "conversations.replies": "channels:history",
    "files.completeUploadExternal": "files:write",
    "files.delete": "files:write",
    "files.getUploadURLExternal": "files:write",
    "files.info": "files:read",
    "views.open": None,
}
"""Each method we call, and the scope it needs."""
COMMANDS_SCOPE = "commands"
"""Slash commands and shortcuts."""
SCOPES = frozenset({COMMANDS_SCOPE, *(scope for scope in (*EVENTS.values(), *METHODS.values()) if scope is not None)})
