"""discord.py's messages → Discord's own JSON, as it comes with interactions: all messages have one reader."""

from collections.abc import Iterable
from typing import Any

import discord

FORWARD = discord.MessageReferenceType.forward


def message_json(message: discord.Message) -> dict[str, Any]:
    """What the bot reads of a message. Without `referenced_message`, Discord did not send it; None is one that is gone."""
    found: dict[str, Any] = {
        "id": str(message.id),
        "channel_id": str(message.channel.id),
        "type": message.type.value,
        "author": _user_json(message.author),
        "mentions": [_user_json(user) for user in message.mentions],
        "mention_roles": [_named_json(role) for role in message.role_mentions],
        "mention_channels": [_named_json(channel) for channel in message.channel_mentions],
        **_content_json(message),
        "message_snapshots": [{"message": _content_json(snapshot)} for snapshot in message.message_snapshots],
    }
    if message.webhook_id is not None:
        found["webhook_id"] = str(message.webhook_id)
    if message.poll is not None:
        found["poll"] = {}
    reference = message.reference
    if reference is not None and reference.type is not FORWARD:
        found["message_reference"] = {"message_id": str(reference.message_id), "channel_id": str(reference.channel_id)}
        if isinstance(reference.resolved, discord.Message):
            found["referenced_message"] = message_json(reference.resolved)
        elif reference.resolved is not None:
            found["referenced_message"] = None
    return found


def _content_json(message: discord.Message | discord.MessageSnapshot) -> dict[str, Any]:
    return {
        "content": message.content,
        "attachments": [{**attachment.to_dict(), "spoiler": attachment.is_spoiler()} for attachment in message.attachments],
        "embeds": [embed.to_dict() for embed in message.embeds],
        "components": _components_json(message.components),
        "sticker_items": [
            {"id": str(sticker.id), "name": sticker.name, "format_type": sticker.format.value} for sticker in message.stickers
        ],
    }


def _components_json(components: Iterable[Any]) -> list[dict[str, Any]]:
    """The components with their pictures: the library's own way back to JSON drops where Discord holds them."""
    return [_component_json(component) for component in components]


def _component_json(component: Any) -> dict[str, Any]:  # noqa: ANN401  # the library's union of components has no common base
    found: dict[str, Any] = {"type": component.type.value}
    match component:
        case discord.MediaGalleryComponent():
            found["items"] = [{"media": _media_json(item.media), "spoiler": item.spoiler} for item in component.items]
        case discord.ThumbnailComponent():
            found |= {"media": _media_json(component.media), "spoiler": component.spoiler}
        case discord.FileComponent():
            found |= {"file": _media_json(component.media), "spoiler": component.spoiler}
        case discord.SectionComponent():
            found["components"] = _components_json(component.children)
            found["accessory"] = _component_json(component.accessory)
        case discord.Container():
            found |= {"components": _components_json(component.children), "spoiler": component.spoiler}
        case _:
            pass
    return found


def _media_json(media: discord.UnfurledMediaItem) -> dict[str, Any]:
    return {name: getattr(media, name) for name in ("url", "proxy_url", "content_type", "width", "height")}


def _named_json(named: discord.Role | discord.abc.GuildChannel | discord.Thread) -> dict[str, Any]:
    return {"id": str(named.id), "name": named.name}


def _user_json(user: discord.abc.User) -> dict[str, Any]:
    return {"id": str(user.id), "bot": user.bot, "name": user.display_name}
