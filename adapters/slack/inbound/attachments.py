"""Slack's JSON of files and of messages that show them → attachments; pure."""

from collections.abc import Iterator, Mapping
from typing import Any

from adapters.shared import pictures
from adapters.shared.pictures import Shown
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
    """Everything that a message shows: its own files and those of the messages that it forwards."""
    files = tuple(dict.fromkeys(_files_of(message)))
    found = tuple(filter(is_picture, files))
    return Shown(files=files, pictures=found)


def target_pictures(message: Json, channel: str) -> MessagePictures:
    """Every picture a message shows. Raises REFS_REQUIRED."""
    found = shown_by(message).pictures
    if not found:
        raise RefusedError(RefusalCode.REFS_REQUIRED)
    return MessagePictures(message=message_id(channel, str(message["ts"])), attachments=found)


def _files_of(message: Json) -> Iterator[Attachment]:
    yield from map(to_attachment, message.get("files") or ())
    for attachment in message.get("attachments") or ():
        yield from map(to_attachment, attachment.get("files") or ())
