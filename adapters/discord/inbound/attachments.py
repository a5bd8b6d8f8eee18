"""Discord's JSON of files and of messages that show them → attachments; pure."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from adapters.shared.pictures import is_picture
from adapters.shared.text import file_name
from bot.commands.command import Attachment, MessagePictures
from bot.errors import RefusalCode, RefusedError
from bot.ids import MessageId

Json = Mapping[str, Any]

FILE_HOSTS = frozenset({"cdn.discordapp.com", "media.discordapp.net"})
"""The only hosts whose files are fetched."""
SPOILER_PREFIX = "SPOILER_"
IS_SPOILER = 1 << 3
"""A flag of attachments."""


def to_attachment(attachment: Json) -> Attachment:
    return Attachment(
        address=attachment["url"],
        name=file_name(attachment.get("filename", "")),
        media_type=attachment.get("content_type"),
        size_bytes=attachment.get("size"),
        width=attachment.get("width"),
        height=attachment.get("height"),
        hidden=_is_spoiler(attachment),
    )


def _is_spoiler(attachment: Json) -> bool:
    """By the prefix of its name, or by the flag of newer clients, which need no prefix."""
    return str(attachment.get("filename", "")).startswith(SPOILER_PREFIX) or bool(int(attachment.get("flags") or 0) & IS_SPOILER)


def target_pictures(message: Json, bot_user: str) -> MessagePictures:
    """Every picture a message shows: attached, embedded, laid out in components, or forwarded. Raises REFS_REQUIRED.

    A message of the bot may show none and still belong to a job that has some.
    """
    found = dict.fromkeys(picture for picture in _pictures_of(message) if _fetchable(picture.address))
    by_bot = str(message.get("author", {}).get("id")) == bot_user
    if not found and not by_bot:
        raise RefusedError(RefusalCode.REFS_REQUIRED)
    return MessagePictures(message=MessageId(str(message["id"])), attachments=tuple(found))


def _pictures_of(message: Json) -> Iterator[Attachment]:
    yield from filter(is_picture, map(to_attachment, message.get("attachments", ())))
    for embed in message.get("embeds", ()):
        yield from _media(embed.get("image"))
        yield from _media(embed.get("thumbnail"))
    yield from _laid_out(message.get("components", ()))
    for snapshot in message.get("message_snapshots", ()):
        yield from _pictures_of(snapshot.get("message", {}))


def _laid_out(components: Iterable[Json]) -> Iterator[Attachment]:
    """Pictures in galleries, thumbnails and files, however deep (Discord, "Component Reference")."""
    for component in components:
        for item in component.get("items", ()):
            yield from _media(item.get("media"), hidden=item.get("spoiler") is True)
        for name in ("media", "file"):
            yield from _media(component.get(name), hidden=component.get("spoiler") is True)
        yield from _laid_out(component.get("components", ()))
        if component.get("accessory"):
            yield from _laid_out((component["accessory"],))


def _media(media: Json | None, *, hidden: bool = False) -> Iterator[Attachment]:
    """An embed's or component's picture, where Discord itself holds the bytes."""
    for address in (media or {}).get("url"), (media or {}).get("proxy_url"):
        if address and _fetchable(address):
            found = Attachment(
                address=address,
                name=file_name(urlsplit(address).path.rpartition("/")[2]),
                media_type=(media or {}).get("content_type"),
                width=(media or {}).get("width") or None,
                height=(media or {}).get("height") or None,
                hidden=hidden or urlsplit(address).path.rpartition("/")[2].startswith(SPOILER_PREFIX),
            )
            if is_picture(found):
                yield found
            return


def _fetchable(address: str) -> bool:
    parts = urlsplit(address)
    return parts.scheme == "https" and parts.netloc in FILE_HOSTS
