"""The one place where messages come into being, change and go, and where the bot hears of it."""

import uuid

from sandbox.slack.events.events import Announcing
from sandbox.slack.identifiers import Identifiers
from sandbox.slack.members.interactions import Interactions
from sandbox.slack.messages.blocks_shown import pings
from sandbox.slack.messages.contents import Content
from sandbox.slack.messages.markup import pings_in, typed
from sandbox.slack.shapes import Shapes
from sandbox.slack.world import Channel, Message, Share, SlackFile, User, World
from sandbox.stage import JsonObject


class Posting:
    """Makes, edits and deletes messages of the world."""

    def __init__(
        self, world: World, identifiers: Identifiers, shapes: Shapes, announcing: Announcing, interactions: Interactions
    ) -> None:
        self._world = world
        self._identifiers = identifiers
        self._shapes = shapes
        self._announcing = announcing
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
        """Post as the bot; a private message is told to nobody else."""
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
        self._put(channel, message)
        self._interactions.notice(message)
        return message

    def edit(self, message: Message, content: Content) -> Message:
        """Replace what a message says; members see "(edited)" only where no blocks are."""
        before = self._shapes.message(message)
        old_files = message.files
        self._fill(message, content)
        self._show_files(message, old_files)
        message.changed = True
        if not message.blocks:
            message.edited_ts = self._identifiers.ts()
        self._announcing.changed(message, before)
        self._interactions.notice(message)
        return message

    def delete(self, message: Message) -> None:
        del self._world.channels[message.channel_id].messages[message.ts]
        for file in message.files:
            file.shares = [share for share in file.shares if share.ts != message.ts]
        self._announcing.deleted(message)
        self._interactions.notice(message)

    def say(
        self,
        channel: Channel,
        user: User,
        line: str,
        files: list[SlackFile],
        *,
        thread_ts: str | None = None,
        age_s: float = 0.0,
    ) -> Message:
        """Post what a member typed and attached."""
        text, blocks = self._typed(line)
        message = Message(
            ts=self._identifiers.ts(age_s),
            channel_id=channel.id,
            user_id=user.id,
            text=text,
            blocks=blocks,
            files=files,
            thread_ts=thread_ts,
            client_msg_id=str(uuid.uuid4()),
        )
        message.pinged = list(dict.fromkeys(pings_in(text)))
        self._put(channel, message)
        return message

    def retype(self, message: Message, line: str) -> None:
        """Change a member's message as the member does."""
        before = self._shapes.message(message)
        message.text, message.blocks = self._typed(line)
        message.changed, message.edited_ts = True, self._identifiers.ts()
        self._announcing.changed(message, before)

    def _typed(self, line: str) -> tuple[str, list[JsonObject]]:
        names = {"bot": self._world.bot.id} | {user.name: user.id for user in self._world.users.values()}
        text, elements = typed(line, names)
        if not elements:
            return text, []
        section = {"type": "rich_text_section", "elements": elements}
        return text, [{"type": "rich_text", "block_id": self._identifiers.secret(5), "elements": [section]}]

    def _put(self, channel: Channel, message: Message) -> None:
        channel.messages[message.ts] = message
        self._show_files(message, [])
        self._announcing.posted(message)

    def _show_files(self, message: Message, before: list[SlackFile]) -> None:
        """Keep the files' own list of shares in step with what a message shows."""
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
