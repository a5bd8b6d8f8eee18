"""`chat.*`, `reactions.add` and `assistant.threads.setStatus`."""

import re

from sandbox.clock import SandboxClock
from sandbox.contracts import JsonObject
from sandbox.slack.api.arguments import Arguments
from sandbox.slack.api.lookup import Lookup
from sandbox.slack.api.ratelimits import Tier
from sandbox.slack.api.server import Method
from sandbox.slack.errors import ApiError, missing_field
from sandbox.slack.messages.content import CUT_TEXT, Content, ContentReader
from sandbox.slack.messages.writer import MessageWriter
from sandbox.slack.serializer import Serializer
from sandbox.slack.world import SlackFile, World

MOST_UPDATED_TEXT = 4_000
_WRITE = ("chat:write",)


class ChatMethods:
    """Messages of the bot."""

    def __init__(
        self,
        clock: SandboxClock,
        world: World,
        lookup: Lookup,
        content_reader: ContentReader,
        writer: MessageWriter,
        serializer: Serializer,
    ) -> None:
        self._clock = clock
        self._world = world
        self._lookup = lookup
        self._content_reader = content_reader
        self._writer = writer
        self._serializer = serializer

    def methods(self) -> dict[str, Method]:
        return {
            "chat.postMessage": Method(handle=self._post, tier=Tier.POSTING, scopes=_WRITE),
            "chat.postEphemeral": Method(handle=self._post_ephemeral, tier=Tier.FOUR, scopes=_WRITE),
            "chat.update": Method(handle=self._update, tier=Tier.THREE, scopes=_WRITE),
            "chat.delete": Method(handle=self._delete, tier=Tier.THREE, scopes=_WRITE),
            "reactions.add": Method(handle=self._react, tier=Tier.THREE, scopes=("reactions:write",)),
            "assistant.threads.setStatus": Method(
                handle=self._set_status, tier=Tier.SPECIAL, scopes=("chat:write", "assistant:write")
            ),
        }

    def _post(self, arguments: Arguments) -> JsonObject:
        channel = self._lookup.channel_to_post(arguments.text("channel"))
        thread_ts = self._lookup.thread_parent(channel, arguments.text("thread_ts"))
        content = self._content_reader.read(arguments)
        message = self._writer.post(channel, content, thread_ts=thread_ts, broadcast=arguments.get("reply_broadcast") is True)
        return {"channel": channel.id, "ts": message.ts, "message": self._serializer.message(message)}

    def _post_ephemeral(self, arguments: Arguments) -> JsonObject:
        channel = self._lookup.channel_to_post(arguments.text("channel"))
        user_id = arguments.required("user")
        if user_id not in channel.members:
            raise ApiError("user_not_in_channel")
        thread_ts = self._lookup.thread_parent(channel, arguments.text("thread_ts"))
        content = self._content_reader.read(arguments, most_text=CUT_TEXT)
        message = self._writer.post(channel, content, thread_ts=thread_ts, private_to=user_id)
        return {"message_ts": message.ts}

    def _update(self, arguments: Arguments) -> JsonObject:
        channel = self._lookup.channel(arguments.text("channel"))
        message = self._lookup.own_message(channel, arguments.required("ts"), "cant_update_message")
        if channel.archived:
            raise ApiError("is_inactive")
        files = self._files(arguments)
        said = any(arguments.get(name) for name in ("text", "blocks", "attachments", "markdown_text"))
        if files and not said:
            content = Content(text=message.text, blocks=message.blocks, attachments=message.attachments)
        else:
            content = self._content_reader.read(arguments, most_text=MOST_UPDATED_TEXT)
        if arguments.get("attachments") is None:
            content.attachments = message.attachments
        content.files = files
        self._writer.edit(message, content)
        return {
            "channel": channel.id,
            "ts": message.ts,
            "text": message.text,
            "message": self._serializer.message(message),
        }

    def _files(self, arguments: Arguments) -> list[SlackFile]:
        """Return the files with which an update replaces those of the message."""
        found: list[SlackFile] = []
        for file_id in arguments.names("file_ids"):
            file = self._world.files.get(file_id)
            if file is None or not file.completed or not self._world.visible_to_bot(file):
                raise ApiError("file_not_found")
            if file.deleted:
                raise ApiError("file_deleted")
            found.append(file)
        return found

    def _delete(self, arguments: Arguments) -> JsonObject:
        channel = self._lookup.channel(arguments.text("channel"))
        message = self._lookup.own_message(channel, arguments.required("ts"), "cant_delete_message")
        self._writer.delete(message)
        return {"channel": channel.id, "ts": message.ts}

    def _react(self, arguments: Arguments) -> JsonObject:
        name = arguments.text("name").strip(":")
        if not re.fullmatch(r"[a-z0-9_+'-]+(::skin-tone-[2-6])?", name):
            raise ApiError("invalid_name")
        if not arguments.text("channel") or not arguments.text("timestamp"):
            raise ApiError("no_item_specified")
        channel = self._lookup.channel(arguments.text("channel"))
        if channel.archived:
            raise ApiError("is_archived")
        message = self._lookup.message(channel, arguments.text("timestamp"))
        users = message.reactions.setdefault(name, [])
        if self._world.bot.id in users:
            raise ApiError("already_reacted")
        users.append(self._world.bot.id)
        return {}

    def _set_status(self, arguments: Arguments) -> JsonObject:
        channel = self._lookup.channel(arguments.text("channel_id"))
        if "status" not in arguments:
            raise missing_field("status")
        thread_ts = arguments.text("thread_ts")
        thread_parent = channel.messages.get(thread_ts)
        if thread_parent is None or thread_parent.thread_ts is not None:
            raise ApiError("invalid_thread_ts")
        status = arguments.text("status")
        if status:
            channel.statuses[thread_ts] = (status, self._clock.now())
        else:
            channel.statuses.pop(thread_ts, None)
        return {}
