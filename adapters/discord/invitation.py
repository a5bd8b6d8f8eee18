"""The link that adds the bot to a server, and the permissions it requests; pure."""

import base64
import binascii
from collections.abc import Mapping

import discord

PERMISSIONS: Mapping[str, str] = {
    "view_channel": "View Channels",
    "send_messages": "Send Messages",
    "send_messages_in_threads": "Send Messages in Threads",
    "embed_links": "Embed Links",
    "attach_files": "Attach Files",
    "read_message_history": "Read Message History",
}
"""What the bot needs in a server: discord.py's name and the name in Discord's settings."""
SERVER_SCOPES = ("bot", "applications.commands")
ACCOUNT_SCOPES = ("applications.commands",)
ACCOUNT_INSTALL = 1
"""Discord's integration type for an app that is installed to an account ("Application Resource")."""


def permissions() -> discord.Permissions:
    return discord.Permissions(**dict.fromkeys(PERMISSIONS, True))


def server_link(application: int) -> str:
    """Adds the bot to a server."""
    return discord.utils.oauth_url(application, permissions=permissions(), scopes=SERVER_SCOPES)


def account_link(application: int) -> str:
    """Adds the commands to one account, in every server and direct message."""
    return f"{discord.utils.oauth_url(application, scopes=ACCOUNT_SCOPES)}&integration_type={ACCOUNT_INSTALL}"


def application_in(token: str) -> int | None:
    """The application's id at the beginning of a bot token; None if there is none."""
    head = token.partition(".")[0]
    try:
        text = base64.b64decode(head + "=" * (-len(head) % 4), validate=True).decode("ascii")
    except (binascii.Error, ValueError):
        return None
    return int(text) if text.isdecimal() else None
