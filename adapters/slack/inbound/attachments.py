"""Slack's JSON of files and of messages that show them → attachments; pure."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from adapters.shared import pictures
from adapters.shared.pictures import Shown, Unfetchable
from adapters.shared.text import file_name
from adapters.slack.address import message_id
from bot.commands.command import Attachment, MessagePictures
from bot.errors import RefusalCode, RefusedError

Json = Mapping[str, Any]

STUB = "slack-file:"
"""The prefix of a file for which Slack sent only the id; its details are requested before the download."""
ELSEWHERE = "slack-elsewhere:"
"""Before the id of a file that Slack does not hold."""
DELETED = "slack-deleted:"
FILE_ADDRESS = "https://files.slack.com/"
FILE_ID = re.compile(r"(?<=[/-])(F[A-Z0-9]{6,20})(?=/)")
"""In `https://files.slack.com/files-pri/T…-F…/name` and in a permalink, `https://….slack.com/files/U…/F…/name`."""


def to_attachment(file: Json) -> Attachment:
    """Read a file object (Slack, "File object"). A file of another workspace has only an id, a deleted file even less."""
    address = str(file.get("url_private_download") or file.get("url_private") or "")
    identifier = str(file.get("id", ""))
    if file.get("mode") in {"tombstone", "hidden_by_limit"}:
        address = DELETED + identifier
    elif file.get("is_external") or file.get("mode") == "external":
        address = ELSEWHERE + identifier
    elif not address or file.get("file_access") == "check_file_info":
        address = STUB + identifier
    return Attachment(
        address=address,
        name=file_name(str(file.get("name") or "")),
        media_type=file.get("mimetype") or None,
        size_bytes=file.get("size") or None,
        width=file.get("original_w") or None,
        height=file.get("original_h") or None,
    )


def is_picture(attachment: Attachment) -> bool:
    """As on every platform. A file for which Slack sent only the id may also be an image."""
    id_alone = attachment.media_type is None and not attachment.name and attachment.address.startswith(STUB)
    return id_alone or pictures.is_picture(attachment)


def shown_by(message: Json) -> Shown:
    """Everything that a message shows: its own files, those of messages that it forwards, and pictures in blocks."""
    found = [*_found_in(message)]
    return pictures.shown(found, (one for one in found if isinstance(one, Attachment) and is_picture(one)))


def target_pictures(message: Json, channel: str, bot_user: str) -> MessagePictures:
    """Every picture a message shows. Raises REFS_REQUIRED.

    A message of the bot may show none and still belong to a job that has some.
    """
    found = shown_by(message).pictures
    if not found and message.get("user") != bot_user:
        raise RefusedError(RefusalCode.REFS_REQUIRED)
    return MessagePictures(message=message_id(channel, str(message["ts"])), attachments=found)


def _found_in(message: Json) -> Iterator[Attachment | Unfetchable]:
    files = [*_file_objects(message)]
    yield from map(to_attachment, files)
    known = {str(file.get("id")) for file in files}
    for part in (message, *(message.get("attachments") or ())):
        for image in _images(part):
            number = _file_id(image)
            if number is None:
                yield Unfetchable.PAGE if image.get("page") else Unfetchable.PICTURE
            elif number not in known:
                yield Attachment(address=STUB + number, name="")


def _file_objects(message: Json) -> Iterator[Json]:
    yield from message.get("files") or ()
    for attachment in message.get("attachments") or ():
        yield from attachment.get("files") or ()


def _images(part: Json) -> Iterator[Json]:
    """The image blocks and elements of a message or attachment, and the picture of a link's preview."""
    if part.get("image_url") or part.get("thumb_url"):
        # The preview of a page has a description, or only a small picture.
        page = bool(part.get("text")) or not part.get("image_url")
        yield {"image_url": part.get("image_url") or part.get("thumb_url"), "page": page}
    waiting: list[Any] = [part.get("blocks"), part.get("message_blocks")]
    while waiting:
        node = waiting.pop()
        if isinstance(node, list):
            waiting += reversed(node)
        elif isinstance(node, Mapping):
            if node.get("type") == "image" and ("slack_file" in node or "image_url" in node):
                yield node
            elif node.get("type") == "video":
                yield {}
            elif node.get("type") != "context":
                # What is in a context block is decoration, like the picture of a person.
                waiting += node.values()


def _file_id(image: Json) -> str | None:
    """The id of a picture that Slack holds; None for one of another site."""
    file = image.get("slack_file")
    held: Json = file if isinstance(file, Mapping) else {}
    if held.get("id"):
        return str(held["id"])
    address = str(held.get("url") or image.get("image_url") or "")
    found = FILE_ID.search(address) if address.startswith(FILE_ADDRESS) or held else None
    return found[1] if found else None
