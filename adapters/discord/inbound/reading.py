"""What Discord tells us → commands; pure. It reads Discord's JSON and plain values, never an object of a library."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlsplit

from adapters.discord.address import Address, snowflake_time
from adapters.discord.commands import IMAGES
from adapters.discord.settings import NAME
from bot.commands.action import decode_action
from bot.commands.command import Attachment, Command, Generate, MessagePictures, Options, Origin, ShowHelp, ShowModels, ShowQuota
from bot.commands.grammar import parse
from bot.commands.interpretation import MessageJob, interpret_form, interpret_message, interpret_press
from bot.errors import RefusalCode, RefusedError
from bot.ids import ConversationId, EventId, MessageId, UserId, WorkspaceId

Json = Mapping[str, Any]

FILE_HOSTS = frozenset({"cdn.discordapp.com", "media.discordapp.net"})
"""The only hosts whose files are fetched."""
PICTURE_SUFFIXES = (".png", ".jpg", ".jpeg", ".jfif", ".webp", ".gif", ".avif", ".heic", ".heif", ".bmp", ".tif", ".tiff")
FILE_UPLOAD = 19
TYPED_OPTIONS = frozenset(
    {
        "count",
        "size",
        "ratio",
        "model",
        "format",
        "watermark",
        "search",
        "prompt_mode",
        "gateway",
        "private",
        "spoiler",
    },
)
"""Options of a command that are options of ours, under the same name."""


@dataclass(frozen=True, kw_only=True)
class Place:
    """Who did something, where, and what the bot may do there. `event` is the id of the interaction or message.

    `control` is the custom id of the button or form it was done with.
    """

    event: str
    user: str
    guild: str | None
    roles: tuple[str, ...]
    locale: str
    address: Address
    control: str | None = None


@dataclass(frozen=True, kw_only=True)
class Replied:
    """The message that a message replies to."""

    message: str
    ours: bool
    attachments: tuple[Attachment, ...] = ()
    withheld: bool = False
    """Discord did not show us what is in it."""


@dataclass(frozen=True, kw_only=True)
class Said:
    """A message. `by_person` is false for bots, webhooks and the platform's own notices."""

    text: str
    by_person: bool
    direct: bool
    mentions_us: bool
    """It names the bot itself in its text: not a role, not everyone, not the ping of a reply."""
    attachments: tuple[Attachment, ...] = ()
    replied: Replied | None = None


def to_origin(place: Place) -> Origin:
    return Origin(
        platform=NAME,
        workspace=None if place.guild is None else WorkspaceId(place.guild),
        conversation=ConversationId(str(place.address.channel)),
        user=UserId(f"{NAME}:{place.user}"),
        received_at=snowflake_time(place.event),
        roles=tuple(f"{NAME}:{role}" for role in place.roles),
        locale=place.locale,
        address=place.address.encode(),
    )


def to_event(place: Place) -> EventId:
    return EventId(f"{NAME}:{place.event}")


def to_command(data: Json) -> Command:
    """A slash command's data. Raises RefusedError."""
    match data["name"]:
        case "imagine":
            return _generate(data, "imagine")
        case "edit":
            return _generate(data, "edit")
        case "quota":
            return ShowQuota()
        case "models":
            return ShowModels()
        case _:
            # A command that an older version of us registered.
            return ShowHelp()


def pressed(data: Json) -> Command:
    """A button's data. Raises RefusedError: what is not ours any more is too old."""
    action = decode_action(data.get("custom_id", ""))
    if action is None:
        raise RefusedError(RefusalCode.FORM_EXPIRED)
    return interpret_press(action)


def submitted(data: Json) -> Command:
    """A filled form's data, which needs nothing of the process that opened it. Raises RefusedError."""
    action = decode_action(data.get("custom_id", ""))
    if action is None:
        raise RefusedError(RefusalCode.FORM_EXPIRED)
    texts: dict[str, str] = {}
    uploads: list[Attachment] = []
    for field in _fields(data.get("components", ())):
        if field.get("type") == FILE_UPLOAD:
            uploads += _resolved(data, field.get("values", ()))
        else:
            texts[field["custom_id"]] = str(field.get("value") or next(iter(field.get("values", ())), ""))
    return interpret_form(action, texts, uploads)


def is_for_us(said: Said, us: str) -> bool:
    """A mention, a direct message, or a reply to a message of ours: one whose words Discord withholds stays unheard."""
    if not said.by_person:
        return False
    answers_us = said.replied is not None and said.replied.ours
    return said.direct or said.mentions_us or (answers_us and bool(without_mention(said.text, us) or said.attachments))


def heard(said: Said, us: str, job_of_message: MessageJob | None = None) -> Command | None:
    """What a message asks of us, or None where it is not for us. Raises RefusedError.

    `discussed` is the job that the replied message of ours is about, where that message itself shows no picture.
    """
    if not is_for_us(said, us):
        return None
    if said.replied is not None and said.replied.withheld:
        raise RefusedError(RefusalCode.REF_HIDDEN)
    spoken_of = job_of_message.pictures if job_of_message is not None else ()
    return interpret_message(without_mention(said.text, us), (*spoken_of, *_references(said)))


def asks_about(said: Said, us: str) -> MessageId | None:
    """The message of ours that a reply is about and that shows no picture itself: the core may know its job."""
    replied = said.replied
    if replied is None or not replied.ours or not is_for_us(said, us) or any(map(is_picture, replied.attachments)):
        return None
    return MessageId(replied.message)


def target_pictures(message: Json, us: str) -> MessagePictures:
    """Every picture a message shows: attached, embedded, laid out in components, or forwarded. Raises REFS_REQUIRED.

    A message of ours may show none and still speak of a job that has some.
    """
    found = dict.fromkeys(picture for picture in _pictures_of(message) if _fetchable(picture.address))
    ours = str(message.get("author", {}).get("id")) == us
    if not found and not ours:
        raise RefusedError(RefusalCode.REFS_REQUIRED)
    return MessagePictures(message=MessageId(str(message["id"])), attachments=tuple(found))


def to_attachment(attachment: Json) -> Attachment:
    return Attachment(
        address=attachment["url"],
        name=attachment.get("filename", ""),
        media_type=attachment.get("content_type"),
        size_bytes=attachment.get("size"),
        width=attachment.get("width"),
        height=attachment.get("height"),
    )


def is_picture(attachment: Attachment) -> bool:
    """What the platform or the file's name calls a picture; the bytes decide later."""
    if attachment.media_type not in {None, "application/octet-stream"}:
        return attachment.media_type.startswith("image/")
    return attachment.name.lower().endswith(PICTURE_SUFFIXES)


def without_mention(text: str, us: str) -> str:
    """The text without the bot's own name in it, wherever it stands."""
    return re.sub(rf"[ \t]*<@!?{us}>[ \t]*", " ", text).strip()


def _references(said: Said) -> tuple[MessagePictures | Attachment, ...]:
    """The replied message's pictures first, then the message's own files."""
    replied: tuple[MessagePictures, ...] = ()
    if said.replied is not None:
        pictures = tuple(picture for picture in said.replied.attachments if is_picture(picture))
        if pictures:
            replied = (MessagePictures(message=MessageId(said.replied.message), attachments=pictures),)
    return (*replied, *said.attachments)


def _generate(data: Json, verb: Literal["imagine", "edit"]) -> Generate:
    given = {option["name"]: option["value"] for option in data.get("options", ())}
    files = [str(given[name]) for name in (f"image{number}" for number in range(1, IMAGES + 1)) if name in given]
    return parse(
        _with_flags(str(given.get("prompt", "")), "--ref", re.split(r"[\s,]+", str(given.get("references", "")).strip())),
        verb=verb,
        options=Options(**{name: value for name, value in given.items() if name in TYPED_OPTIONS}),
        references=tuple(_resolved(data, files)),
    )


def _resolved(data: Json, ids: Iterable[str]) -> list[Attachment]:
    known = data.get("resolved", {}).get("attachments", {})
    return [to_attachment(known[number]) for number in ids if number in known]


def _with_flags(prompt: str, flag: str, values: Iterable[str]) -> str:
    """What was typed into a field of its own, as the flag it stands for: one grammar reads and judges it."""
    return " ".join([*(f"{flag} {value}" for value in values if value), prompt])


def _fields(components: Iterable[Json]) -> Iterator[Json]:
    """The inputs of a form, out of their labels and rows."""
    for component in components:
        if "component" in component:
            yield component["component"]
        elif "components" in component:
            yield from _fields(component["components"])
        elif "custom_id" in component:
            yield component


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
            yield from _media(item.get("media"))
        yield from _media(component.get("media"))
        yield from _media(component.get("file"))
        yield from _laid_out(component.get("components", ()))
        if component.get("accessory"):
            yield from _laid_out((component["accessory"],))


def _media(media: Json | None) -> Iterator[Attachment]:
    """An embed's or component's picture, where Discord itself holds the bytes."""
    for address in (media or {}).get("url"), (media or {}).get("proxy_url"):
        if address and _fetchable(address):
            found = Attachment(
                address=address,
                name=urlsplit(address).path.rpartition("/")[2],
                media_type=(media or {}).get("content_type"),
                width=(media or {}).get("width") or None,
                height=(media or {}).get("height") or None,
            )
            if is_picture(found):
                yield found
            return


def _fetchable(address: str) -> bool:
    parts = urlsplit(address)
    return parts.scheme == "https" and parts.netloc in FILE_HOSTS
