"""The link that brings the bot into a server, and the permissions it asks for; pure."""

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
"""What the bot needs in a server: discord.py's word for it, and the one on Discord's pages."""
SERVER_SCOPES = ("bot", "applications.commands")
ACCOUNT_SCOPES = ("applications.commands",)
ACCOUNT_INSTALL = 1
"""Discord's integration type for an app that a member brings along ("Application Resource")."""


def permissions() -> discord.Permissions:
    return discord.Permissions(**dict.fromkeys(PERMISSIONS, True))


def server_link(application: int) -> str:
    """Brings the bot into a server."""
    return discord.utils.oauth_url(application, permissions=permissions(), scopes=SERVER_SCOPES)


def account_link(application: int) -> str:
    """Brings the commands along with one member, wherever that member goes."""
    return f"{discord.utils.oauth_url(application, scopes=ACCOUNT_SCOPES)}&integration_type={ACCOUNT_INSTALL}"


def application_in(token: str) -> int | None:
    """The application's id, with which a bot's token begins; None where it does not."""
    head = token.partition(".")[0]
    try:
        text = base64.b64decode(head + "=" * (-len(head) % 4), validate=True).decode("ascii")
    except (binascii.Error, ValueError):
        return None
    return int(text) if text.isdecimal() else None
