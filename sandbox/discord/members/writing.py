"""What members write: messages and replies, forwards, edits and deletions."""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from sandbox.act_files import read_files
from sandbox.contracts import ControlError, JsonObject
from sandbox.discord.attachments.factory import AttachmentFactory
from sandbox.discord.enums import MessageFlag
from sandbox.discord.errors import ApiError, FormErrors
from sandbox.discord.messages.bodies import MOST_FILES, check_embeds
from sandbox.discord.messages.components import check_message_components, named_attachments, number_components
from sandbox.discord.messages.writer import MessageWriter
from sandbox.discord.world import Channel, Message, Sticker, User, World

_MOST_TYPED = 4000
"""Members with Nitro write twice as much as bots."""
_MOST_STICKERS = 3
_REFERENCED = ("null", "absent")


class Writing:
    """Carries out the acts of writing.

    `options` of a message or reply: `stickers` are names of the server's (`wave` `spin` `dance` `blob`: one of each format);
    `embeds` and `components` are what the previews of links, or other apps, add to it. They show the message's own files as
    `attachment://NAME`. `referenced` of a reply is what its event says of the message replied to: `null` (it is gone) or
    `absent` (Discord did not look). `from` of a forward is the channel of the message.
    """

    def __init__(self, world: World, writer: MessageWriter, factory: AttachmentFactory, *, size_limit: int) -> None:
        self._world = world
        self._writer = writer
        self._factory = factory
        self._size_limit = size_limit

    def say(self, act: JsonObject, user: User, channel: Channel, reply_to: Message | None = None) -> JsonObject:
        options = act.get("options") or {}
        text = self._as_sent(str(act.get("text") or ""))
        files = read_files(act, most=MOST_FILES, size_limit=self._size_limit)
        stickers = [self._sticker(name) for name in options.get("stickers") or ()]
        embeds, components = options.get("embeds") or [], options.get("components") or []
        if not (text.strip() or files or stickers or embeds or components):
            raise ControlError("An empty message cannot be sent.")
        _check_length(text)
        if len(stickers) > _MOST_STICKERS:
            raise ControlError(f"A message has at most {_MOST_STICKERS} stickers.")
        referenced = options.get("referenced")
        if referenced is not None and (reply_to is None or referenced not in _REFERENCED):
            raise ControlError(f"`referenced` of a reply is one of {', '.join(_REFERENCED)}.")
        attachments = [self._factory.create(file.name, file.content, channel.id) for file in files]
        _check_shown(text, embeds, components, {attachment.filename for attachment in attachments})
        message = Message(
            id="",
            channel_id=channel.id,
            author_id=user.id,
            content=text,
            attachments=attachments,
            embeds=embeds,
            components=number_components(components),
            flags=int(MessageFlag.IS_COMPONENTS_V2) if components else 0,
            stickers=stickers,
        )
        self._writer.post_from_member(
            channel,
            message,
            reply_to=reply_to,
            ping=bool(act.get("ping", True)),
            referenced=referenced,
            age_s=float(act.get("age_s") or 0),
        )
        return _result(message)

    def forward(
        self, act: JsonObject, user: User, channel: Channel, find: Callable[[JsonObject, User, Channel], Message]
    ) -> JsonObject:
        """Forward a message to this channel, as a message of its own: the client sends what is typed with it as another one."""
        if act.get("text") or act.get("files"):
            raise ControlError("A forwarded message has no text or files of its own: write another message.")
        source = self._world.find_channel(str((act.get("options") or {}).get("from") or channel.id))
        if source is None:
            raise ControlError("There is no channel to forward from.")
        original = find(act, user, source)
        if original.private_to is not None or original.snapshot is not None:
            raise ControlError("This message cannot be forwarded.")
        message = Message(
            id="", channel_id=channel.id, author_id=user.id, flags=int(MessageFlag.HAS_SNAPSHOT), snapshot=replace(original)
        )
        self._writer.post_from_member(channel, message, age_s=float(act.get("age_s") or 0))
        return _result(message)

    def edit(self, act: JsonObject, user: User, message: Message) -> JsonObject:
        text = self._as_sent(str(act.get("text") or ""))
        if message.author_id != user.id or message.snapshot is not None:
            raise ControlError("Only one's own messages can be edited, and no forwarded ones.")
        if not text.strip() and not message.attachments:
            raise ControlError("An empty message cannot be sent.")
        _check_length(text)
        self._writer.edit_from_member(message, text)
        return _result(message)

    def delete(self, user: User, message: Message) -> JsonObject:
        if message.author_id != user.id:
            raise ControlError("This is somebody else's message.")
        self._writer.delete(message)
        return _result(message)

    def _as_sent(self, text: str) -> str:
        """Turn `@bot`, `@NAME` and the server's `:emoji:` into tokens, as the client does when they are picked from its lists."""
        names = {"bot": self._world.bot.id} | {user.name: user.id for user in self._world.users.values()}
        for name, user_id in names.items():
            text = re.sub(rf"(?<![\w<])@{re.escape(name)}\b", f"<@{user_id}>", text)
        for name, emoji_id in self._world.emoji.items():
            text = re.sub(rf"(?<![\w<]):{re.escape(name)}:(?!\d)", f"<:{name}:{emoji_id}>", text)
        return text

    def _sticker(self, name: Any) -> Sticker:
        found = self._world.stickers.get(str(name))
        if found is None:
            raise ControlError(f"There is no sticker {name}: there are {', '.join(self._world.stickers)}.")
        return found


def _check_length(text: str) -> None:
    if len(text) > _MOST_TYPED:
        raise ControlError(f"A message has at most {_MOST_TYPED} characters.")


def _check_shown(text: str, embeds: Any, components: Any, files: set[str]) -> None:
    """Embeds and components are checked as a bot's are."""
    if components and (text or embeds):
        raise ControlError("A message with components has no text and no embeds.")
    errors = FormErrors()
    check_embeds(embeds, errors)
    check_message_components(components, errors, v2=bool(components), uploads=files)
    try:
        errors.raise_if_any()
    except ApiError as refused:
        raise ControlError(f"The message cannot be sent: {refused.body()}") from None
    if unknown := set(named_attachments(embeds)) - files:
        raise ControlError(f"There is no file {', '.join(sorted(unknown))} in this message.")


def _result(message: Message) -> JsonObject:
    return {"id": message.id, "acknowledged_ms": None, "private": []}
