"""Discord's JSON of files and of messages that show them → attachments; pure."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from adapters.shared.pictures import Shown, Unfetchable, is_picture, shown
from adapters.shared.text import file_name
from bot.commands.command import Attachment, MessagePictures
from bot.errors import RefusalCode, RefusedError
from bot.ids import MessageId

Json = Mapping[str, Any]

FILE_HOSTS = frozenset({"cdn.discordapp.com", "media.discordapp.net"})
"""The only hosts whose files are fetched: they hold what members uploaded.

Previews of other sites are not among them: `images-ext-*.discordapp.net` passes on what such a site sends at that moment.
"""
PAGES = frozenset({"article", "link", "video"})
"""Types of embeds that show a page of another site."""
STICKER_SUFFIXES: Mapping[int, str] = {1: "png", 2: "png", 4: "gif"}
"""By `format_type`. The third is Lottie, an animation in JSON."""
GIF_STICKER = 4
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
    """By the prefix of its name, or by the flag of newer clients, which need no prefix; `spoiler` is the library's word for both."""
    if attachment.get("spoiler") is True or int(attachment.get("flags") or 0) & IS_SPOILER:
        return True
    return str(attachment.get("filename", "")).startswith(SPOILER_PREFIX)


def shown_by(message: Json) -> Shown:
    """Everything that a message shows: attached, embedded, laid out in components, as a sticker, or forwarded."""
    found = [*_found_in(message)]
    return shown(found, (one for one in found if isinstance(one, Attachment) and is_picture(one)))


def target_pictures(message: Json, bot_user: str) -> MessagePictures:
    """Every picture a message shows. Raises REFS_REQUIRED.

    A message of the bot may show none and still belong to a job that has some.
    """
    found = shown_by(message).pictures
    by_bot = str(message.get("author", {}).get("id")) == bot_user
    if not found and not by_bot:
        raise RefusedError(RefusalCode.REFS_REQUIRED)
    return MessagePictures(message=MessageId(str(message["id"])), attachments=found)


def _found_in(message: Json) -> Iterator[Attachment | Unfetchable]:
    yield from map(to_attachment, message.get("attachments") or ())
    for embed in message.get("embeds") or ():
        hidden = Unfetchable.PAGE if embed.get("type") in PAGES else Unfetchable.PICTURE
        for media in filter(None, (embed.get("image"), embed.get("thumbnail"))):
            yield _media(media) or hidden
        if embed.get("video") and not embed.get("thumbnail"):
            yield hidden
    yield from _laid_out(message.get("components") or ())
    yield from map(_sticker, message.get("sticker_items") or ())
    for snapshot in message.get("message_snapshots") or ():
        yield from _found_in(snapshot.get("message") or {})


def _laid_out(components: Iterable[Json], *, around: bool = False) -> Iterator[Attachment | Unfetchable]:
    """Pictures in galleries, thumbnails and files, however deep (Discord, "Component Reference"). `around`: what holds them is hidden."""
    for component in components:
        hidden = around or component.get("spoiler") is True
        for item in component.get("items") or ():
            yield _media(item.get("media") or {}, hidden=hidden or item.get("spoiler") is True) or Unfetchable.PICTURE
        if component.get("media"):
            yield _media(component["media"], hidden=hidden) or Unfetchable.PICTURE
        if component.get("file") and (found := _media(component["file"], hidden=hidden)):
            yield found
        yield from _laid_out(component.get("components") or (), around=hidden)
        if component.get("accessory"):
            yield from _laid_out((component["accessory"],), around=hidden)


def _media(media: Json, *, hidden: bool = False) -> Attachment | None:
    """An embed's or component's picture, where Discord itself holds the bytes; else None."""
    for address in media.get("url"), media.get("proxy_url"):
        if address and _fetchable(address):
            found = Attachment(
                address=address,
                name=file_name(urlsplit(address).path.rpartition("/")[2]),
                media_type=media.get("content_type"),
                width=media.get("width") or None,
                height=media.get("height") or None,
                hidden=hidden or urlsplit(address).path.rpartition("/")[2].startswith(SPOILER_PREFIX),
            )
            return found if is_picture(found) else None
    return None


def _sticker(sticker: Json) -> Attachment | Unfetchable:
    kind = sticker.get("format_type")
    suffix = STICKER_SUFFIXES.get(kind) if isinstance(kind, int) else None
    if suffix is None:
        return Unfetchable.PICTURE
    host = "media.discordapp.net" if kind == GIF_STICKER else "cdn.discordapp.com"
    name = f"{sticker['id']}.{suffix}"
    return Attachment(address=f"https://{host}/stickers/{name}", name=name, media_type=f"image/{suffix}")


def _fetchable(address: str) -> bool:
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    return parts.scheme == "https" and parts.netloc in FILE_HOSTS
