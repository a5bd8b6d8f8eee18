"""Changes to a server that the bot did not make: archived threads, deleted channels, withdrawn permissions, removal of the bot."""

from sandbox.changes import ChangeTable
from sandbox.contracts import ControlError
from sandbox.discord.enums import ChannelType, Intent, Permission
from sandbox.discord.gateway.gateway import Gateway
from sandbox.discord.gateway.sessions import Event
from sandbox.discord.messages.writer import MessageWriter
from sandbox.discord.serializer import Serializer
from sandbox.discord.world import Channel, Guild, User, World

_SEND_PERMISSIONS = Permission.SEND_MESSAGES | Permission.SEND_MESSAGES_IN_THREADS


class WorldChanges:
    """Applies named changes to the world and dispatches the gateway events that Discord sends for them.

    For a thread: `archive`, `lock` (archived, and only moderators can reopen it), `reopen`. For a channel: `delete`, `forbid-files`,
    `forbid-posts`, `hide`, and their reverses `allow-files`, `allow-posts`, `show`. For a member: `close-direct`, `open-direct`, and `leave`
    and `join`, which apply to the first server. For the bot: `remove` and `invite`, which apply to the first server, and
    `remove-elsewhere` and `invite-elsewhere`, which apply to the second.
    """

    def __init__(self, world: World, writer: MessageWriter, serializer: Serializer, gateway: Gateway) -> None:
        self._world = world
        self._writer = writer
        self._serializer = serializer
        self._gateway = gateway
        self._changes = ChangeTable[Channel, User](
            platform="Discord",
            find_channel=self._channel,
            find_user=self._user,
            channel_changes={
                "archive": lambda channel: self._archive(channel, locked=False),
                "lock": lambda channel: self._archive(channel, locked=True),
                "reopen": self._reopen,
                "delete": self._delete,
                "forbid-files": lambda channel: self._deny(channel, Permission.ATTACH_FILES),
                "allow-files": lambda channel: self._allow(channel, Permission.ATTACH_FILES),
                "forbid-posts": lambda channel: self._deny(channel, _SEND_PERMISSIONS),
                "allow-posts": lambda channel: self._allow(channel, _SEND_PERMISSIONS),
                "hide": lambda channel: self._deny(channel, Permission.VIEW_CHANNEL),
                "show": lambda channel: self._allow(channel, Permission.VIEW_CHANNEL),
            },
            user_changes={
                "close-direct": lambda user: self._set_accepts_dms(user, accepts=False),
                "open-direct": lambda user: self._set_accepts_dms(user, accepts=True),
                "leave": self._leave,
                "join": self._join,
            },
            global_changes={
                "remove": lambda: self._remove(world.guild),
                "invite": lambda: self._invite(world.guild),
                "remove-elsewhere": lambda: self._remove(world.other_guild),
                "invite-elsewhere": lambda: self._invite(world.other_guild),
            },
        )

    def change(self, what: str, *, channel: str | None, user: str | None) -> None:
        self._changes.change(what, channel=channel, user=user)

    def _channel(self, name: str) -> Channel:
        found = self._world.find_channel(name)
        if found is None or found.type == ChannelType.DM:
            raise ControlError(f"There is no channel {name} in a server.")
        return found

    def _user(self, name: str) -> User:
        found = self._world.find_user(name)
        if found is None or found.bot:
            raise ControlError(f"There is no member {name}.")
        return found

    def _thread(self, channel: Channel) -> Channel:
        if not channel.is_thread:
            raise ControlError(f"{channel.name} is no thread.")
        return channel

    def _archive(self, channel: Channel, *, locked: bool) -> None:
        thread = self._thread(channel)
        thread.archived, thread.locked = True, thread.locked or locked
        self._writer.dispatch_channel("THREAD_UPDATE", thread)

    def _reopen(self, channel: Channel) -> None:
        thread = self._thread(channel)
        thread.archived = thread.locked = False
        self._writer.dispatch_channel("THREAD_UPDATE", thread)

    def _delete(self, channel: Channel) -> None:
        """Delete a channel and its threads."""
        for thread in [one for one in self._world.channels.values() if one.parent_id == channel.id]:
            self._delete(thread)
        self._writer.dispatch_channel("THREAD_DELETE" if channel.is_thread else "CHANNEL_DELETE", channel)
        del self._world.channels[channel.id]

    def _deny(self, channel: Channel, permissions: Permission) -> None:
        channel.permissions &= ~permissions
        self._dispatch_permissions(channel)

    def _allow(self, channel: Channel, permissions: Permission) -> None:
        channel.permissions |= permissions
        self._dispatch_permissions(channel)

    def _dispatch_permissions(self, channel: Channel) -> None:
        self._writer.dispatch_channel("THREAD_UPDATE" if channel.is_thread else "CHANNEL_UPDATE", channel)

    def _set_accepts_dms(self, user: User, *, accepts: bool) -> None:
        user.accepts_dms = accepts

    def _leave(self, user: User) -> None:
        # Discord tells only bots with a privileged intent.
        self._world.guild.members.pop(user.id, None)

    def _join(self, user: User) -> None:
        self._world.guild.members.setdefault(user.id, [])

    def _remove(self, guild: Guild) -> None:
        guild.members.pop(self._world.bot.id, None)
        self._gateway.dispatch(Event(name="GUILD_DELETE", data={"id": guild.id}, intent=Intent.GUILDS, guild_id=guild.id))

    def _invite(self, guild: Guild) -> None:
        guild.members[self._world.bot.id] = [role.id for role in guild.roles.values() if role.name == self._world.bot.name]
        data = self._serializer.guild(guild)
        self._gateway.dispatch(Event(name="GUILD_CREATE", data=data, intent=Intent.GUILDS, guild_id=guild.id))
