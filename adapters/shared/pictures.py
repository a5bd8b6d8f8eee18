"""Which files of members are pictures; pure."""

from bot.commands.command import Attachment

PICTURE_SUFFIXES = (".png", ".jpg", ".jpeg", ".jfif", ".webp", ".gif", ".avif", ".heic", ".heif", ".bmp", ".tif", ".tiff")
UNTYPED = frozenset({None, "application/octet-stream"})
"""The media types that say nothing about a file."""


def is_picture(attachment: Attachment) -> bool:
    """Whether the platform, or else the file's name, calls it a picture; the intake checks the bytes later."""
    if attachment.media_type is not None and attachment.media_type not in UNTYPED:
        return attachment.media_type.startswith("image/")
    return attachment.name.lower().endswith(PICTURE_SUFFIXES)
