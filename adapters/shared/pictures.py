"""Recognises images among members' files; pure."""

from bot.commands.command import Attachment

PICTURE_SUFFIXES = (".png", ".jpg", ".jpeg", ".jfif", ".webp", ".gif", ".avif", ".heic", ".heif", ".bmp", ".tif", ".tiff")
UNTYPED = frozenset({None, "application/octet-stream"})
"""Media types that say nothing about a file."""


def is_picture(attachment: Attachment) -> bool:
    """Whether it is an image by its media type, or else by its name. The intake checks the bytes later."""
    if attachment.media_type is not None and attachment.media_type not in UNTYPED:
        return attachment.media_type.startswith("image/")
    return attachment.name.lower().endswith(PICTURE_SUFFIXES)
