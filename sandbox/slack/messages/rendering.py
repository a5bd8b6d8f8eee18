"""Messages as members see them, for the control API."""

from typing import Any

from sandbox.clock import SandboxClock
from sandbox.contracts import JsonObject
from sandbox.slack.identifiers import ts_key
from sandbox.slack.messages.block_text import interactive_elements, lines, plain_text, slack_file_images
from sandbox.slack.messages.content import ContentReader
from sandbox.slack.messages.markup import render_markup
from sandbox.slack.world import Channel, Message, SlackFile, World

# Slack clears a status after two minutes.
_STATUS_S = 120.0


class MessageRenderer:
    """Renders messages and channels as JSON of the control API."""

    def __init__(self, clock: SandboxClock, world: World, content_reader: ContentReader) -> None:
        self._clock = clock
        self._world = world
        self._content_reader = content_reader

    def channel(self, channel: Channel, after: str | None) -> list[JsonObject]:
        """Return all messages after the timestamp `after`, oldest first, including replies and everyone's ephemeral ones."""
        since = ts_key(after) if after else (-1, 0)
        return [self.message(message) for message in channel.ordered() if message.key > since]

    def message(self, message: Message) -> JsonObject:
        """Return `{id, author, text, edited, private_to?, files, buttons, blocks_text, lines, pings, thread?, reply_to?, status?, reactions?}`."""
        names = self._names()
        data: JsonObject = {
            "id": message.ts,
            "author": self._world.author_name(message.user_id),
            "text": render_markup(message.text, names),
            "edited": message.changed,
            "files": self._files(message),
            "buttons": [_button(element) for _, element in interactive_elements(message.blocks)],
            "blocks_text": plain_text(message.blocks, names) or plain_text(message.attachments, names),
            "lines": lines(message.blocks, names),
            "pings": [self._world.author_name(one) if one in self._world.users else one for one in message.pinged],
        }
        if message.private_to is not None:
            data["private_to"] = self._world.author_name(message.private_to)
        if message.thread_ts is not None:
            data |= {"thread": message.thread_ts, "reply_to": message.thread_ts}
        status, since = self._world.channels[message.channel_id].statuses.get(message.ts, ("", 0.0))
        if status and self._clock.now() - since < _STATUS_S:
            data["status"] = status
        if message.reactions:
            data["reactions"] = {
                name: [self._world.author_name(one) for one in users] for name, users in message.reactions.items()
            }
        return data

    def _names(self) -> dict[str, str]:
        people = {user.id: "bot" if user.bot else user.name for user in self._world.users.values()}
        return people | {channel.id: channel.name for channel in self._world.workspace_channels}

    def _files(self, message: Message) -> list[JsonObject]:
        """Return the files of the message, then those its image blocks show."""
        found = {file.id: _file(file, file.alt) for file in message.files if not file.deleted}
        for image in slack_file_images(message.blocks):
            file = self._content_reader.file_of(image["slack_file"])
            if file is not None and not file.deleted:
                found[file.id] = _file(file, str(image.get("alt_text")))
        return list(found.values())


def _file(file: SlackFile, alt: str | None) -> dict[str, Any]:
    return {
        "name": file.name,
        "bytes": file.size,
        "sha256": file.sha256,
        "width": file.width,
        "height": file.height,
        "alt": alt,
        "spoiler": False,
    }


def _button(element: JsonObject) -> JsonObject:
    """Return a button's label and action id, with its value, URL and style if it has them."""
    text = element.get("text") or element.get("placeholder") or {}
    data: JsonObject = {"label": str(text.get("text", "")), "action": element["action_id"]}
    return data | {name: element[name] for name in ("value", "url", "style") if name in element}
