"""One message that shows exactly some pictures: what it has already stays, what is missing is added, so that a repeat changes nothing."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Protocol

import discord

from adapters.discord.address import Address, MessageLocation
from adapters.discord.outbound.payload import Payload, group, stem
from adapters.discord.outbound.sender import Sender
from bot.chat.reply import Picture


class _Write(Protocol):
    """Writes the text if there is one, and shows these attachments in this order."""

    def __call__(
        self, text: Payload | None, /, *, keep: Sequence[discord.Attachment], add: Sequence[Picture]
    ) -> Awaitable[discord.Message]: ...


class MessageWriter:
    def __init__(self, sender: Sender) -> None:
        self._sender = sender

    async def edit(
        self,
        location: MessageLocation,
        payload: Payload,
        pictures: Sequence[Picture],
        *,
        fresh: discord.Message | None = None,
    ) -> discord.Message:
        """A message of the bot; `fresh` is its present state, if that is known."""

        def write(
            text: Payload | None, *, keep: Sequence[discord.Attachment], add: Sequence[Picture]
        ) -> Awaitable[discord.Message]:
            return self._sender.edit(location.channel, location.message, text, keep=keep, add=add)

        return await _show(payload, pictures, lambda: self._sender.read(location.channel, location.message), write, fresh)

    async def edit_response(self, address: Address, payload: Payload, pictures: Sequence[Picture]) -> discord.Message:
        """The response of an interaction."""

        def write(
            text: Payload | None, *, keep: Sequence[discord.Attachment], add: Sequence[Picture]
        ) -> Awaitable[discord.Message]:
            return self._sender.edit_response(address, text, keep=keep, add=add)

        return await _show(payload, pictures, lambda: self._sender.read_response(address), write, None)


async def _show(
    payload: Payload,
    pictures: Sequence[Picture],
    read: Callable[[], Awaitable[discord.Message]],
    write: _Write,
    fresh: discord.Message | None,
) -> discord.Message:
    """In as many requests as the missing files need; the text comes with the last."""
    if not pictures:
        return await write(payload, keep=(), add=())
    message = fresh or await read()
    missing = [picture for picture in pictures if not _has(message, picture)]
    *earlier, last = group(missing)
    for files in earlier:
        message = await write(None, keep=_kept(message, pictures), add=files)
    return await write(payload, keep=_kept(message, pictures), add=last)


def _kept(message: discord.Message, pictures: Sequence[Picture]) -> list[discord.Attachment]:
    """What the message shows of these pictures, each once and in their order."""
    shown = {stem(attachment.filename): attachment for attachment in reversed(message.attachments)}
    return [shown[stem(picture.name)] for picture in pictures if stem(picture.name) in shown]


def _has(message: discord.Message, picture: Picture) -> bool:
    return shows(message, (picture,), all)


def shows(message: discord.Message, pictures: Sequence[Picture], quantifier: Callable[[Iterable[bool]], bool]) -> bool:
    """`all` of the pictures, or `any`."""
    shown = {stem(attachment.filename) for attachment in message.attachments}
    return quantifier(stem(picture.name) in shown for picture in pictures)
