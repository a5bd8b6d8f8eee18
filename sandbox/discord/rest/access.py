"""What the bot's token may see and do."""

from sandbox.discord.enums import ChannelType, Intent, Permission
from sandbox.discord.errors import api_error
from sandbox.discord.rest.routing import ApiCall
from sandbox.discord.serializer import Serializer
from sandbox.discord.world import Channel, Message, World


class BotAccess:
    """Looks up channels and messages for the bot, and raises Discord's errors."""

    def __init__(self, world: World, serializer: Serializer, *, privileged_intents: int) -> None:
        self._world = world
        self._serializer = serializer
        self._reads_everything = bool(privileged_intents & Intent.MESSAGE_CONTENT)

    def channel(self, channel_id: str) -> Channel:
        channel = self._world.channels.get(channel_id)
        if channel is None:
            raise api_error(10003)
        if not self._world.bot_can_access(channel) or not channel.allows(Permission.VIEW_CHANNEL):
            raise api_error(50001)
        return channel

    def message(self, channel_id: str, message_id: str) -> Message:
        """Find a message; ephemeral ones do not exist for the bot's token."""
        channel = self.channel(channel_id)
        if not channel.allows(Permission.READ_MESSAGE_HISTORY):
            raise api_error(50001)
        message = channel.messages.get(message_id)
        if message is None or message.private_to is not None:
            raise api_error(10008)
        return message

    def can_read(self, message: Message) -> bool:
        """Return whether the bot receives the content of a message."""
        return self._reads_everything or self._serializer.bot_may_read(message)

    def check_sending(self, channel: Channel, call: ApiCall) -> None:
        needed = Permission.SEND_MESSAGES_IN_THREADS if channel.is_thread else Permission.SEND_MESSAGES
        if not channel.allows(needed):
            raise api_error(50013)
        if channel.type == ChannelType.DM and channel.recipient_id:
            if not self._world.shares_guild_with_bot(channel.recipient_id):
                raise api_error(50278)
            if not self._world.users[channel.recipient_id].accepts_dms:
                raise api_error(50007)
        self.check_unlocked(channel)
        self.check_content_rights(channel, call)

    def check_unlocked(self, channel: Channel) -> None:
        """Refuse a locked thread to everyone but moderators, archived or not (github.com/discordjs/discord.js/issues/9216)."""
        if channel.locked and not channel.permissions & Permission.MANAGE_THREADS:
            raise api_error(50083)

    def check_content_rights(self, channel: Channel, call: ApiCall) -> None:
        if call.uploads and not channel.allows(Permission.ATTACH_FILES):
            raise api_error(50013)
        if call.fields().get("embeds") and not channel.allows(Permission.EMBED_LINKS):
            raise api_error(50013)
