"""Creates, edits and deletes messages, and publishes the events."""

import uuid

from sandbox.contracts import JsonObject
from sandbox.slack.events.publisher import EventPublisher
from sandbox.slack.identifiers import Identifiers
from sandbox.slack.members.interactions import Interactions
from sandbox.slack.messages.block_text import pings
from sandbox.slack.messages.content import Content
from sandbox.slack.messages.markup import format_line, pings_in
from sandbox.slack.serializer import Serializer
from sandbox.slack.world import Channel, Message, Share, SlackFile, User, World


class MessageWriter:
    """The only place that changes messages of the world."""

    def __init__(
        self,
        world: World,
        identifiers: Identifiers,
        serializer: Serializer,
        publisher: EventPublisher,
        interactions: Interactions,
    ) -> None:
        self._world = world
        self._identifiers = identifiers
        self._serializer = serializer
        self._publisher = publisher
        self._interactions = interactions

    def post(
        self,
        channel: Channel,
        content: Content,
        *,
        thread_ts: str | None = None,
        private_to: str | None = None,
        broadcast: bool = False,
    ) -> Message:
        """Post as the bot; a private message produces no events."""
        message = Message(
            ts=self._identifiers.ts(),
            channel_id=channel.id,
            user_id=self._world.bot.id,
            thread_ts=thread_ts,
            private_to=private_to,
            broadcast=broadcast,
        )
        self._fill(message, content)
        if thread_ts is not None and private_to is None:
            channel.statuses.pop(thread_ts, None)
        self._store(channel, message)
        self._interactions.notify(message)
        return message

    def edit(self, message: Message, content: Content) -> Message:
        """Replace a message's content. Members see "(edited)" only on messages without blocks."""
        before = self._serializer.message(message)
        old_files = message.files
        self._fill(message, content)
        self._update_shares(message, old_files)
        message.changed = True
        if not message.blocks:
            message.edited_ts = self._identifiers.ts()
        self._publisher.message_changed(message, before)
        self._interactions.notify(message)
        return message

    def delete(self, message: Message) -> None:
        del self._world.channels[message.channel_id].messages[message.ts]
        for file in message.files:
            file.shares = [share for share in file.shares if share.ts != message.ts]
        self._publisher.message_deleted(message)
        self._interactions.notify(message)

    def post_from_member(
        self,
        channel: Channel,
        user: User,
        line: str,
        files: list[SlackFile],
        *,
        thread_ts: str | None = None,
        added: Content | None = None,
        age_s: float = 0.0,
    ) -> Message:
        """Post what a member typed and attached. `added` are blocks and attachments that the client or Slack adds to it."""
        text, blocks = self._format_line(line)
        more = added or Content()
        message = Message(
            ts=self._identifiers.ts(age_s),
            channel_id=channel.id,
            user_id=user.id,
            text=text,
            blocks=[*blocks, *(more.blocks or ())],
            attachments=list(more.attachments or ()),
            files=files,
            thread_ts=thread_ts,
            client_msg_id=str(uuid.uuid4()),
        )
        message.pinged = list(dict.fromkeys(pings_in(text)))
        self._store(channel, message)
        return message

    def edit_from_member(self, message: Message, line: str) -> None:
        """Edit a member's message on the member's behalf."""
        before = self._serializer.message(message)
        message.text, message.blocks = self._format_line(line)
        message.changed, message.edited_ts = True, self._identifiers.ts()
        self._publisher.message_edited(message, before)

    def _format_line(self, line: str) -> tuple[str, list[JsonObject]]:
        names = {"bot": self._world.bot.id} | {user.name: user.id for user in self._world.users.values()}
        text, elements = format_line(line, names)
        if not elements:
            return text, []
        section = {"type": "rich_text_section", "elements": elements}
        return text, [{"type": "rich_text", "block_id": self._identifiers.secret(5), "elements": [section]}]

    def _store(self, channel: Channel, message: Message) -> None:
        channel.messages[message.ts] = message
        self._update_shares(message, [])
        self._publisher.message_posted(message)

    def _update_shares(self, message: Message, before: list[SlackFile]) -> None:
        """Keep the files' lists of shares in step with what the message shows."""
        share = Share(channel_id=message.channel_id, ts=message.ts, thread_ts=message.thread_ts)
        for file in before:
            if file not in message.files:
                file.shares.remove(share)
        for file in message.files:
            if share not in file.shares:
                file.shares.append(share)

    def _fill(self, message: Message, content: Content) -> None:
        message.text = content.text
        message.blocks = content.blocks or []
        message.attachments = content.attachments or []
        message.files = content.files or message.files
        message.metadata = content.metadata or message.metadata
        found = pings_in(content.text) + pings(message.blocks) + pings(message.attachments)
        message.pinged = list(dict.fromkeys([*message.pinged, *found]))
