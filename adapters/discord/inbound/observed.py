"""discord.py's objects → the plain values `inbound` reads, plucked while their event lasts."""

from typing import Any, cast

import discord

from adapters.discord.address import Address
from adapters.discord.inbound.reading import Place, Replied, Said
from bot.commands.command import Attachment

DEFAULT_LOCALE = "en"


def place_of_interaction(interaction: discord.Interaction) -> Place:
    data: Any = interaction.data or {}
    return Place(
        event=str(interaction.id),
        user=str(interaction.user.id),
        guild=None if interaction.guild_id is None else str(interaction.guild_id),
        roles=_roles(interaction.user),
        locale=interaction.locale.value,
        address=Address(
            channel=interaction.channel_id or 0,
            application=interaction.application_id,
            token=interaction.token,
            posts=_posts_where_asked(interaction),
            direct=_is_own_direct(interaction),
            file_bytes=interaction.filesize_limit,
        ),
        control=data.get("custom_id"),
    )


def place_of_message(message: discord.Message, application: int) -> Place:
    locale = DEFAULT_LOCALE if message.guild is None else message.guild.preferred_locale.value
    guild = _guild_of(message)
    return Place(
        event=str(message.id),
        user=str(message.author.id),
        guild=None if guild is None else str(guild),
        roles=_roles(message.author),
        locale=locale,
        address=Address(
            channel=message.channel.id,
            application=application,
            posts=_posts_files(message),
            direct=isinstance(message.channel, discord.DMChannel),
            source=message.id,
        ),
    )


def said(message: discord.Message, us: int) -> Said:
    forwarded = [attachment for snapshot in message.message_snapshots for attachment in snapshot.attachments]
    return Said(
        text=message.content,
        by_person=not (message.author.bot or message.webhook_id is not None or message.is_system()),
        direct=isinstance(message.channel, discord.DMChannel),
        mentions_us=us in message.raw_mentions,
        attachments=_attachments([*message.attachments, *forwarded]),
        replied=_replied(message, us),
    )


def _replied(message: discord.Message, us: int) -> Replied | None:
    reference = message.reference
    # A forward is a reference too; its pictures came with the message itself.
    if reference is None or not isinstance(reference.resolved, discord.Message) or message.message_snapshots:
        return None
    replied = reference.resolved
    forwarded = [attachment for snapshot in replied.message_snapshots for attachment in snapshot.attachments]
    ours = replied.author.id == us
    shown = bool(replied.content or replied.attachments or forwarded or replied.embeds or replied.components or replied.stickers)
    return Replied(
        message=str(replied.id),
        ours=ours,
        attachments=_attachments([*replied.attachments, *forwarded]),
        withheld=not ours and not shown,
    )


def _attachments(attachments: list[discord.Attachment]) -> tuple[Attachment, ...]:
    return tuple(
        Attachment(
            address=attachment.url,
            name=attachment.filename,
            media_type=attachment.content_type,
            size_bytes=attachment.size,
            width=attachment.width,
            height=attachment.height,
        )
        for attachment in attachments
    )


def _guild_of(message: discord.Message) -> int | None:
    """The event names its server, even where the library was not told of it: in a resumed session."""
    if message.guild is not None:
        return message.guild.id
    return message.channel.guild_id if isinstance(message.channel, discord.PartialMessageable) else None


def _roles(user: discord.User | discord.Member) -> tuple[str, ...]:
    """As the event names them: `Member.roles` leaves out what it cannot look up in a server that the library knows."""
    if not isinstance(user, discord.Member):
        return ()
    return tuple(str(role) for role in user._roles)  # noqa: SLF001


def _is_own_direct(interaction: discord.Interaction) -> bool:
    """The member's direct messages with the bot, not those with somebody else."""
    return interaction.context.dm_channel is True


def _posts_where_asked(interaction: discord.Interaction) -> bool:
    """An app that only the member installed is not in the channel: its response is all it has there."""
    if interaction.guild_id is None:
        return _is_own_direct(interaction)
    in_thread = isinstance(interaction.channel, discord.Thread)
    return interaction.is_guild_integration() and _may_post_files(interaction.app_permissions, in_thread=in_thread)


def _posts_files(message: discord.Message) -> bool:
    """Where the server's roles are not known yet, trying is the only way to find out."""
    channel = message.channel
    if message.guild is None or isinstance(channel, discord.PartialMessageable | discord.DMChannel | discord.GroupChannel):
        return True
    us = cast("discord.Member | None", message.guild.me)
    if us is None or (isinstance(channel, discord.Thread) and channel.parent is None):
        return True
    return _may_post_files(channel.permissions_for(us), in_thread=isinstance(channel, discord.Thread))


def _may_post_files(permissions: discord.Permissions, *, in_thread: bool) -> bool:
    speaks = permissions.send_messages_in_threads if in_thread else permissions.send_messages
    return permissions.view_channel and speaks and permissions.attach_files
