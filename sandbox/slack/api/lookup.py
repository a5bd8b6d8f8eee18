"""Finds what a call refers to, or raises Slack's error."""

from sandbox.slack.errors import ApiError
from sandbox.slack.world import Channel, Message, World


class Lookup:
    """Looks up channels and messages for the bot."""

    def __init__(self, world: World) -> None:
        self._world = world

    def channel(self, given: str) -> Channel:
        """Find a channel by id: a public one, or one the bot is in."""
        channel = self._world.channels.get(given)
        if channel is None or ((channel.private or channel.is_im) and not self._world.bot_is_in(channel)):
            raise ApiError("channel_not_found")
        return channel

    def channel_to_post(self, given: str) -> Channel:
        """Find the channel to post to, by its id or name, or by a member's id for their direct messages."""
        channel = self._world.dm_with(given) if given in self._world.users else self._world.find_channel(given)
        if channel is None:
            raise ApiError("channel_not_found")
        return self.check_writable(self.channel(channel.id))

    def check_writable(self, channel: Channel) -> Channel:
        if channel.archived:
            raise ApiError("is_archived")
        if not self._world.bot_is_in(channel):
            raise ApiError("not_in_channel")
        if channel.read_only:
            raise ApiError("restricted_action")
        return channel

    def message(self, channel: Channel, ts: str) -> Message:
        """Find a message that everyone in the channel sees."""
        message = channel.messages.get(ts)
        if message is None or message.private_to is not None:
            raise ApiError("message_not_found")
        return message

    def own_message(self, channel: Channel, ts: str, code: str) -> Message:
        message = self.message(channel, ts)
        if message.user_id != self._world.bot.id:
            raise ApiError(code)
        return message

    def thread_parent(self, channel: Channel, ts: str) -> str | None:
        """Check that a thread accepts replies: its timestamp must be that of its first message."""
        if not ts:
            return None
        thread_parent = channel.messages.get(ts)
        if thread_parent is None or thread_parent.private_to is not None or thread_parent.thread_ts is not None:
            raise ApiError("cannot_reply_to_message")
        return ts
