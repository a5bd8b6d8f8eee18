"""The world as Discord's JSON objects, built at the moment of sending."""

import hashlib
from typing import Any
from urllib.parse import urlsplit

from sandbox.contracts import JsonObject
from sandbox.discord.attachments.signed_urls import CDN_HOST, MEDIA_HOST, SignedUrls
from sandbox.discord.enums import (
    ATTACHMENT_IS_SPOILER,
    BOT_PERMISSIONS,
    MEMBER_PERMISSIONS,
    ChannelType,
    MessageFlag,
    MessageType,
    ReferenceType,
)
from sandbox.discord.messages.bodies import embedded_file_names
from sandbox.discord.snowflakes import created_at, iso_timestamp
from sandbox.discord.world import Attachment, Channel, Guild, Message, Role, User, World

# The application's public flags. An unverified app has none of the privileged ones.
_APPLICATION_FLAGS = 0
_PROXY_HOST = "images-ext-1.discordapp.net"
_MEDIA_KEYS = ("image", "thumbnail", "media", "file")
_SNAPSHOT_FIELDS = (
    "type",
    "content",
    "embeds",
    "attachments",
    "timestamp",
    "edited_timestamp",
    "flags",
    "mentions",
    "mention_roles",
    "sticker_items",
    "components",
)


class Serializer:
    """Serializes objects of the world."""

    def __init__(self, world: World, signed_urls: SignedUrls) -> None:
        self._world = world
        self._signed_urls = signed_urls

    def user(self, user: User) -> JsonObject:
        data: JsonObject = {
            "id": user.id,
            "username": user.name,
            "discriminator": "0000" if user.bot else "0",
            "global_name": None if user.bot else user.name.capitalize(),
            "avatar": None,
            "avatar_decoration_data": None,
            "collectibles": None,
            "primary_guild": None,
            "public_flags": 0,
            "flags": 0,
        }
        if user.bot:
            data["bot"] = True
        return data

    def own_user(self) -> JsonObject:
        return self.user(self._world.bot) | {"email": None, "locale": "en-US", "mfa_enabled": True, "verified": True, "bio": ""}

    def member(self, user_id: str, guild: Guild, *, with_user: bool = True) -> JsonObject:
        data: JsonObject = {
            "roles": list(guild.members[user_id]),
            "nick": None,
            "avatar": None,
            "banner": None,
            "premium_since": None,
            "joined_at": iso_timestamp(created_at(guild.id)),
            "communication_disabled_until": None,
            "pending": False,
            "deaf": False,
            "mute": False,
            "flags": 0,
        }
        if with_user:
            data["user"] = self.user(self._world.users[user_id])
        return data

    def role(self, role: Role, position: int) -> JsonObject:
        data: JsonObject = {
            "id": role.id,
            "name": role.name,
            "description": None,
            "color": 0,
            "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None},
            "hoist": False,
            "icon": None,
            "unicode_emoji": None,
            "position": position,
            "permissions": str(role.permissions),
            "managed": role.name == self._world.bot.name,
            "mentionable": role.mentionable,
            "flags": 0,
        }
        if role.name == self._world.bot.name:
            data["tags"] = {"bot_id": self._world.bot.id}
        return data

    def channel(self, channel: Channel) -> JsonObject:
        last = next(reversed(channel.messages), None)
        if channel.type == ChannelType.DM:
            recipients = [self.user(self._world.users[channel.recipient_id])] if channel.recipient_id else []
            return {"id": channel.id, "type": channel.type, "flags": 0, "last_message_id": last, "recipients": recipients}
        data: JsonObject = {
            "id": channel.id,
            "type": channel.type,
            "guild_id": channel.guild_id,
            "name": channel.name,
            "parent_id": channel.parent_id,
            "flags": 0,
            "rate_limit_per_user": 0,
            "last_message_id": last,
            "nsfw": channel.nsfw,
        }
        if not channel.is_thread:
            return data | {"position": channel.position, "topic": None, "permission_overwrites": _permission_overwrites(channel)}
        return data | {
            "owner_id": channel.owner_id,
            "message_count": len(channel.messages),
            "total_message_sent": len(channel.messages),
            "member_count": 2,
            "thread_metadata": {
                "archived": channel.archived,
                "locked": channel.locked,
                "auto_archive_duration": channel.archive_minutes,
                "archive_timestamp": iso_timestamp(created_at(channel.id)),
                "create_timestamp": iso_timestamp(created_at(channel.id)),
            },
        }

    def interaction_channel(self, channel: Channel) -> JsonObject:
        """Return an interaction's partial channel, with the member's permissions in it."""
        data = self.channel(channel)
        if channel.guild_id:
            data |= {"permissions": str(int(MEMBER_PERMISSIONS)), "app_permissions": str(channel.permissions)}
        return data

    def guild(self, guild: Guild) -> JsonObject:
        """Return the guild object of GUILD_CREATE."""
        here = [channel for channel in self._world.channels.values() if channel.guild_id == guild.id]
        members = [self.member(self._world.bot.id, guild)] if self._world.bot.id in guild.members else []
        return _GUILD_DEFAULTS | {
            "id": guild.id,
            "name": guild.name,
            "owner_id": guild.owner_id,
            "preferred_locale": guild.locale,
            "joined_at": iso_timestamp(created_at(guild.id)),
            "member_count": len(guild.members),
            "roles": [self.role(role, position) for position, role in enumerate(guild.roles.values())],
            "members": members,
            "channels": [self.channel(channel) for channel in here if not channel.is_thread],
            "threads": [self.channel(channel) for channel in here if channel.is_thread and not channel.archived],
        }

    def attachment(self, attachment: Attachment) -> JsonObject:
        data: JsonObject = {
            "id": attachment.id,
            "filename": attachment.filename,
            "size": attachment.size,
            "url": self._signed_urls.url(attachment),
            "proxy_url": self._signed_urls.url(attachment, host=MEDIA_HOST),
            "content_type": attachment.content_type,
        }
        if attachment.width is not None:
            data |= {"width": attachment.width, "height": attachment.height}
        if attachment.ephemeral:
            data["ephemeral"] = True
        optional = {"title": attachment.title, "description": attachment.description}
        data |= {name: value for name, value in optional.items() if value is not None}
        if attachment.spoiler:
            data["flags"] = ATTACHMENT_IS_SPOILER
        return data

    def message(self, message: Message, *, with_content: bool = True, depth: int = 1) -> JsonObject:
        """Return a message. Without `with_content`, its text, files, embeds and components are empty.

        `depth` is how many levels of replied messages are included.
        """
        guild_roles = self._world.guild.roles
        mentioned = [self.user(self._world.users[one]) for one in message.mentions.users if one in self._world.users]
        data: JsonObject = {
            "id": message.id,
            "channel_id": message.channel_id,
            "author": self.user(self._world.users[message.author_id]),
            "type": message.type,
            "content": message.content if with_content else "",
            "attachments": self._attachments(message) if with_content else [],
            "embeds": [self._resolve_urls(embed, message) for embed in message.embeds] if with_content else [],
            "components": [self._resolve_urls(one, message) for one in message.components] if with_content else [],
            "mentions": mentioned,
            "mention_roles": [role for role in message.mentions.roles if role in guild_roles],
            "mention_everyone": message.mentions.everyone,
            "timestamp": iso_timestamp(created_at(message.id)),
            "edited_timestamp": iso_timestamp(message.edited_at) if message.edited_at is not None else None,
            "flags": message.flags,
            "pinned": False,
            "tts": False,
        }
        if message.stickers:
            data["sticker_items"] = [{"id": one.id, "name": one.name, "format_type": one.format} for one in message.stickers]
        if message.snapshot is not None:
            data |= self._forwarded(message.snapshot, with_content=with_content)
        if message.nonce is not None:
            data["nonce"] = message.nonce
        if message.reactions:
            data["reactions"] = self.reactions(message)
        if message.interaction is not None:
            data |= {"application_id": self._world.application_id, "webhook_id": self._world.application_id}
            data["interaction_metadata"] = message.interaction
        if message.thread_id is not None and message.thread_id in self._world.channels:
            data["thread"] = self.channel(self._world.channels[message.thread_id])
        if message.type == MessageType.REPLY and message.reply_to:
            data |= self._reference(message, depth)
        return data

    def _reference(self, message: Message, depth: int) -> JsonObject:
        channel = self._world.channels[message.channel_id]
        reference: JsonObject = {"type": 0, "channel_id": message.channel_id, "message_id": message.reply_to}
        if channel.guild_id:
            reference["guild_id"] = channel.guild_id
        data: JsonObject = {"message_reference": reference}
        if depth > 0:
            replied = channel.messages.get(message.reply_to or "")
            with_content = replied is not None and self.bot_may_read(replied)
            data["referenced_message"] = (
                self.message(replied, with_content=with_content, depth=depth - 1) if replied is not None else None
            )
        return data

    def _forwarded(self, snapshot: Message, *, with_content: bool) -> JsonObject:
        """Return what a forward shows: the message as it was, without its author."""
        shown = self.message(snapshot, with_content=with_content, depth=0)
        reference: JsonObject = {
            "type": ReferenceType.FORWARD,
            "channel_id": snapshot.channel_id,
            "message_id": snapshot.id,
        }
        guild = self._world.channels[snapshot.channel_id].guild_id
        return {
            "message_reference": reference | ({"guild_id": guild} if guild else {}),
            "message_snapshots": [{"message": {name: shown[name] for name in _SNAPSHOT_FIELDS if name in shown}}],
        }

    def _attachments(self, message: Message) -> list[JsonObject]:
        """Leave out files that embeds or components show, as Discord does."""
        if message.has(MessageFlag.IS_COMPONENTS_V2):
            return []
        hidden = embedded_file_names(message)
        return [self.attachment(one) for one in message.attachments if one.filename not in hidden]

    def _resolve_urls(self, node: Any, message: Message) -> Any:
        """Replace `attachment://NAME` in a tree of embeds or components by the file's URLs and properties."""
        if isinstance(node, list):
            return [self._resolve_urls(child, message) for child in node]
        if not isinstance(node, dict):
            return node
        shown = {key: self._resolve_urls(child, message) for key, child in node.items()}
        for key in _MEDIA_KEYS:
            if isinstance(shown.get(key), dict) and (proxied := _proxied(str(shown[key].get("url")))):
                shown[key] |= {"proxy_url": proxied}
        url = node.get("url")
        if isinstance(url, str) and url.startswith("attachment://"):
            found = next((one for one in message.attachments if one.filename == url.removeprefix("attachment://")), None)
            if found is not None:
                full = self.attachment(found)
                shown |= {key: full[key] for key in ("url", "proxy_url", "content_type", "width", "height") if key in full}
                shown["attachment_id"] = found.id
        return shown

    def reactions(self, message: Message) -> list[JsonObject]:
        return [
            {
                "emoji": {"id": None, "name": emoji},
                "count": len(users),
                "count_details": {"burst": 0, "normal": len(users)},
                "burst_colors": [],
                "me": self._world.bot.id in users,
                "me_burst": False,
            }
            for emoji, users in message.reactions.items()
        ]

    def bot_may_read(self, message: Message) -> bool:
        """Return whether the bot sees a message's content without the message content intent.

        It sees its own messages, direct messages, and messages that mention it. A reply to an interaction's response pings the
        bot, but does not count as a mention.
        """
        bot = self._world.bot.id
        channel = self._world.channels[message.channel_id]
        if message.author_id == bot or channel.type == ChannelType.DM:
            return True
        if bot not in message.mentions.users:
            return False
        if f"<@{bot}>" in message.content or f"<@!{bot}>" in message.content or message.reply_to is None:
            return True
        replied = channel.messages.get(message.reply_to)
        return replied is not None and replied.interaction is None

    def application(self) -> JsonObject:
        owner = self._world.users[self._world.guild.owner_id]
        return {
            "id": self._world.application_id,
            "name": self._world.bot.name,
            "icon": None,
            "description": "",
            "summary": "",
            "type": None,
            "bot": self.user(self._world.bot),
            "bot_public": True,
            "bot_require_code_grant": False,
            "owner": self.user(owner),
            "team": None,
            "verify_key": "0" * 64,
            "flags": _APPLICATION_FLAGS,
            "flags_new": str(_APPLICATION_FLAGS),
            "explicit_content_filter": 0,
            "eligible_oauth2_scopes": [],
            "hook": True,
            "redirect_uris": [],
            "interactions_endpoint_url": None,
            "role_connections_verification_url": None,
            "approximate_guild_count": 1,
            "approximate_user_install_count": 1,
            "approximate_user_authorization_count": 0,
            "integration_types_config": {
                "0": {"oauth2_install_params": {"scopes": ["bot", "applications.commands"], "permissions": "309238025280"}},
                "1": {"oauth2_install_params": {"scopes": ["applications.commands"], "permissions": "0"}},
            },
        }


def _proxied(url: str) -> str | None:
    """Return the address at which Discord passes on a picture of another site; None for its own files."""
    host = urlsplit(url).hostname or ""
    if not url.startswith("https://") or host in (CDN_HOST, MEDIA_HOST):
        return None
    signature = hashlib.sha256(url.encode()).hexdigest()[:43]
    return f"https://{_PROXY_HOST}/external/{signature}/https/{url.removeprefix('https://')}"


def _permission_overwrites(channel: Channel) -> list[JsonObject]:
    """Return the overwrites that deny @everyone what this channel withholds."""
    withheld = int(BOT_PERMISSIONS) & ~int(channel.permissions)
    return [{"id": channel.guild_id, "type": 0, "allow": "0", "deny": str(withheld)}] if withheld else []


_GUILD_DEFAULTS: JsonObject = {
    "afk_channel_id": None,
    "afk_timeout": 300,
    "application_id": None,
    "banner": None,
    "default_message_notifications": 1,
    "description": None,
    "discovery_splash": None,
    "emojis": [],
    "explicit_content_filter": 0,
    "features": [],
    "guild_scheduled_events": [],
    "home_header": None,
    "hub_type": None,
    "icon": None,
    "incidents_data": None,
    "large": False,
    "max_members": 500000,
    "max_presences": None,
    "max_stage_video_channel_users": 50,
    "max_video_channel_users": 25,
    "mfa_level": 0,
    "nsfw": False,
    "nsfw_level": 0,
    "premium_progress_bar_enabled": False,
    "premium_subscription_count": 0,
    "premium_tier": 0,
    "presences": [],
    "public_updates_channel_id": None,
    "region": "deprecated",
    "rules_channel_id": None,
    "safety_alerts_channel_id": None,
    "soundboard_sounds": [],
    "splash": None,
    "stage_instances": [],
    "stickers": [],
    "system_channel_flags": 0,
    "system_channel_id": None,
    "unavailable": False,
    "vanity_url_code": None,
    "verification_level": 0,
    "voice_states": [],
    "widget_channel_id": None,
    "widget_enabled": False,
}
