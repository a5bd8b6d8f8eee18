"""Pictures among members' files, and what one message shows; pure."""

from bot.commands.command import Attachment
from bot.values import dataclass

PICTURE_SUFFIXES = (".png", ".jpg", ".jpeg", ".jfif", ".webp", ".gif", ".avif", ".heic", ".heif", ".bmp", ".tif", ".tiff")
UNTYPED = frozenset({None, "application/octet-stream"})
"""Media types that say nothing about a file."""


@dataclass(frozen=True, kw_only=True)
class Shown:
    """What a message shows: `files` are all that it brings, `pictures` those of them that are.

    `unusable`: it shows a picture or a video, but no picture that can be fetched.
    """

    files: tuple[Attachment, ...] = ()
    pictures: tuple[Attachment, ...] = ()
    unusable: bool = False


def is_picture(attachment: Attachment) -> bool:
    """Whether it is an image by its media type, or else by its name. The intake checks the bytes later."""
    if attachment.media_type is not None and attachment.media_type not in UNTYPED:
        return attachment.media_type.startswith("image/")
    return attachment.name.lower().endswith(PICTURE_SUFFIXES)
