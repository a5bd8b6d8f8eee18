"""Pictures among members' files, and what one message shows; pure."""

from collections.abc import Iterable
from enum import Enum

from bot.commands.command import Attachment
from bot.values import dataclass

PICTURE_SUFFIXES = (".png", ".jpg", ".jpeg", ".jfif", ".webp", ".gif", ".avif", ".heic", ".heif", ".bmp", ".tif", ".tiff")
UNTYPED = frozenset({None, "application/octet-stream"})
"""Media types that say nothing about a file."""


class Unfetchable(Enum):
    """A picture that members see but the platform does not hold."""

    PICTURE = "picture"
    PAGE = "page"
    """It only illustrates the preview of another site's page."""


@dataclass(frozen=True, kw_only=True)
class Shown:
    """What a message shows: `files` are all that it brings, `pictures` those of them that are.

    `unusable`: it shows a picture or a video, but no picture that can be fetched. `page`: the same of previews of pages.
    """

    files: tuple[Attachment, ...] = ()
    pictures: tuple[Attachment, ...] = ()
    unusable: bool = False
    page: bool = False


def shown(found: Iterable[Attachment | Unfetchable], pictures: Iterable[Attachment]) -> Shown:
    """`found` in the order in which the message shows it, of which `pictures` can be fetched."""
    everything = [*found]
    files = tuple(dict.fromkeys(one for one in everything if isinstance(one, Attachment)))
    usable = tuple(dict.fromkeys(pictures))
    hidden = Unfetchable.PICTURE in everything or any((file.media_type or "").startswith("video/") for file in files)
    return Shown(files=files, pictures=usable, unusable=hidden and not usable, page=Unfetchable.PAGE in everything and not usable)


def is_picture(attachment: Attachment) -> bool:
    """Whether it is an image by its media type, or else by its name. The intake checks the bytes later."""
    if attachment.media_type is not None and attachment.media_type not in UNTYPED:
        return attachment.media_type.startswith("image/")
    return attachment.name.lower().endswith(PICTURE_SUFFIXES)
