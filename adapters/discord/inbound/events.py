"""discord.py's objects → gestures, read while their event lasts."""

from dataclasses import replace
from typing import Any, cast

import discord

from adapters.discord.address import Address, snowflake_time
from adapters.discord.settings import NAME
from adapters.shared.gesture import Gesture
from bot.commands.command import Origin
from bot.ids import EventId, UserId, WorkspaceId

DEFAULT_LOCALE = "en"


def gesture_of_message(message: discord.Message, application: int, *, in_thread: bool) -> Gesture:
    locale = DEFAULT_LOCALE if message.guild is None else message.guild.preferred_locale.value
    gesture = to_gesture(
        event=message.id,
        user=message.author.id,
        guild=_guild_of(message),
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
    return _in_place(gesture, in_thread=in_thread)


def gesture_of_interaction(interaction: discord.Interaction) -> Gesture:
    data: Any = interaction.data or {}
    gesture = to_gesture(
        event=interaction.id,
        user=interaction.user.id,
        guild=interaction.guild_id,
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
        user_install=_is_user_install(interaction),
        control=data.get("custom_id"),
    )
    return _in_place(gesture, in_thread=isinstance(interaction.channel, discord.Thread))


def to_gesture(
    *,
    event: int,
    user: int,
    guild: int | None,
    roles: tuple[str, ...],
    locale: str,
    address: Address,
    user_install: bool = False,
    control: str | None = None,
) -> Gesture:
    """A gesture by Discord's ids; `event` is the id of the interaction or message, whose time is in it."""
    return Gesture(
        origin=Origin(
            platform=NAME,
            workspace=None if guild is None else WorkspaceId(str(guild)),
            user=UserId(f"{NAME}:{user}"),
            received_at=snowflake_time(event),
            roles=tuple(f"{NAME}:{role}" for role in roles),
            locale=locale,
            direct=address.direct,
            user_install=user_install,
            address=address.encode(),
        ),
        events=(EventId(f"{NAME}:{event}"),),
        control=control,
    )


def _in_place(gesture: Gesture, *, in_thread: bool) -> Gesture:
    """The gesture with its place, if that is the member's direct messages or a thread."""
    place = gesture.origin.address["channel"] if gesture.origin.direct or in_thread else None
    return replace(gesture, origin=replace(gesture.origin, place=place, conversation=gesture.origin.address["channel"]))


def _guild_of(message: discord.Message) -> int | None:
    """The event names its server, even where the library does not know it: in a resumed session."""
    if message.guild is not None:
        return message.guild.id
    return message.channel.guild_id if isinstance(message.channel, discord.PartialMessageable) else None


def _roles(user: discord.User | discord.Member) -> tuple[str, ...]:
    """The role ids from the event: `Member.roles` omits roles that the library has not cached."""
    if not isinstance(user, discord.Member):
        return ()
    return tuple(str(role) for role in user._roles)  # noqa: SLF001


def _is_own_direct(interaction: discord.Interaction) -> bool:
    """The member's direct messages with the bot, not those with another person."""
    return interaction.context.dm_channel is True


def _is_user_install(interaction: discord.Interaction) -> bool:
    """Whether only a member installed the app here. The library tells who asked apart only for the member who acts."""
    installed = interaction._integration_owners  # noqa: SLF001  # by kind: 0 the place, 1 a member
    return 1 in installed and 0 not in installed


def _posts_where_asked(interaction: discord.Interaction) -> bool:
    """An app that only the member installed is not in the channel: its response is all it has there."""
    if interaction.guild_id is None:
        return _is_own_direct(interaction)
    in_thread = isinstance(interaction.channel, discord.Thread)
    return interaction.is_guild_integration() and _may_post_files(interaction.app_permissions, in_thread=in_thread)


def _posts_files(message: discord.Message) -> bool:
    """Whether the bot may post files there; True if the server's roles are not known yet, because only an attempt can show it."""
    channel = message.channel
    if message.guild is None or isinstance(channel, discord.PartialMessageable | discord.DMChannel | discord.GroupChannel):
        return True
    bot = cast("discord.Member | None", message.guild.me)
    if bot is None or (isinstance(channel, discord.Thread) and channel.parent is None):
        return True
    return _may_post_files(channel.permissions_for(bot), in_thread=isinstance(channel, discord.Thread))


def _may_post_files(permissions: discord.Permissions, *, in_thread: bool) -> bool:
    may_send = permissions.send_messages_in_threads if in_thread else permissions.send_messages
    return permissions.view_channel and may_send and permissions.attach_files
