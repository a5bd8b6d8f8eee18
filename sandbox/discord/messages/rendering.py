"""Messages as members see them, for the control API."""

import re
from typing import Any

from sandbox.contracts import JsonObject
from sandbox.discord.enums import ComponentType, MessageFlag
from sandbox.discord.messages.mentions import visible_text
from sandbox.discord.world import Attachment, Channel, Mentions, Message, World, walk_components

_NAMED = re.compile(r"<@!?(\d+)>")


class MessageRenderer:
    """Renders messages and channels as JSON of the control API."""

    def __init__(self, world: World) -> None:
        self._world = world

    def channel(self, channel: Channel, after: str | None) -> list[JsonObject]:
        """Return all messages after the id `after`, oldest first, including everyone's ephemeral ones."""
        since = int(after) if after else 0
        shown = sorted((int(key), message) for key, message in channel.messages.items() if int(key) > since)
        return [self.message(message) for _, message in shown]

    def message(self, message: Message) -> JsonObject:
        """Return `{id, author, text, edited, private_to?, files, buttons, stickers?, reply_to?, thread?, loading?, pings, names?, written_at?}`.

        `names` maps the ids of members in the text to their names. `written_at` is in seconds since 1970; only the bot's messages have it.
        """
        data: JsonObject = {
            "id": message.id,
            "author": self._world.author_name(message.author_id),
            "text": "\n".join(part for part in (visible_text(message.content, message.components), _embed_text(message)) if part),
            "edited": message.edited_at is not None,
            "files": [_file(attachment) for attachment in message.shown_files],
            "buttons": [_button(one) for one in walk_components(message.components) if _is_button(one)],
            "pings": self._pings(message.pinged),
        }
        named = {user: self._world.author_name(user) for user in _NAMED.findall(message.content) if user in self._world.users}
        if named:
            data["names"] = named
        if message.private_to is not None:
            data["private_to"] = self._world.author_name(message.private_to)
        if message.reply_to is not None:
            data["reply_to"] = message.reply_to
        if message.thread_id is not None:
            data["thread"] = message.thread_id
        if message.stickers:
            data["stickers"] = [sticker.name for sticker in message.stickers]
        if message.has(MessageFlag.LOADING):
            data["loading"] = True
        if message.written_at:
            data["written_at"] = message.written_at
        if message.reactions:
            names = {emoji: [self._world.author_name(one) for one in users] for emoji, users in message.reactions.items()}
            data["reactions"] = names
        return data

    def _pings(self, pinged: Mentions) -> list[str]:
        """Return names of users, `role:NAME`, and `everyone`."""
        roles = self._world.guild.roles
        return [
            *(self._world.author_name(user) for user in pinged.users),
            *(f"role:{roles[role].name}" for role in pinged.roles if role in roles),
            *(["everyone"] if pinged.everyone else []),
        ]


def _is_button(component: JsonObject) -> bool:
    return component.get("type") == ComponentType.BUTTON


def _button(button: JsonObject) -> JsonObject:
    """Return a button's label (or emoji) and action: its custom id, or the URL of a link."""
    emoji = (button.get("emoji") or {}).get("name") or ""
    data: JsonObject = {
        "label": button.get("label") or emoji,
        "action": button.get("custom_id") or button.get("url"),
    }
    return data | {"disabled": True} if button.get("disabled") else data


def _file(attachment: Attachment) -> dict[str, Any]:
    return {
        "name": attachment.filename,
        "bytes": attachment.size,
        "sha256": attachment.sha256,
        "width": attachment.width,
        "height": attachment.height,
        "alt": attachment.description,
        "spoiler": attachment.spoiler,
    }


def _embed_text(message: Message) -> str:
    if message.has(MessageFlag.SUPPRESS_EMBEDS):
        return ""
    return "\n".join(str(embed[key]) for embed in message.embeds for key in ("title", "description") if embed.get(key))
