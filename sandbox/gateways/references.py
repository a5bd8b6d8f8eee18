"""Reference pictures as a gateway reads them: data URLs within the documented limits, addresses as they are.

`fetching.py` reads those addresses that a gateway fetches.
"""

import base64
import hashlib
import io
import re
import warnings
from dataclasses import dataclass

from PIL import Image

from sandbox.gateways.answers import GatewayRefusal
from sandbox.stage import JsonObject

MOST_BYTES = 10_000_000
MOST_PIXELS = 36_000_000
SHORTEST_SIDE = 15
MOST_ASPECT = 16

_FORMATS = {"jpeg": "JPEG", "png": "PNG", "webp": "WEBP", "bmp": "BMP", "tiff": "TIFF", "gif": "GIF"}
_ALSO = {"MPO": "JPEG"}
"""What cameras make of a JPEG with a second picture behind it."""
_TELLING_TAGS = frozenset({270, 271, 272, 305, 306, 315, 33432, 34665, 34853})
"""TIFF keeps its structure in tags too; these are description, camera, software, time, author, rights, EXIF and GPS."""
_DATA_URL = re.compile(r"data:image/([a-z]+);base64,(.*)", re.DOTALL)
_ADDRESS = re.compile(r"https?://[^\s/]+\S*")
_METADATA = frozenset(
    {"exif", "xmp", "comment", "photoshop", "XML:com.adobe.xmp", "Raw profile type exif", "Raw profile type iptc"}
)


@dataclass(frozen=True, kw_only=True)
class Reference:
    """A reference that was taken; `content` is None for an address that was not fetched."""

    address: str
    content: bytes | None = None
    width: int | None = None
    height: int | None = None
    format: str | None = None
    metadata: bool | None = None

    @property
    def sha256(self) -> str | None:
        return None if self.content is None else hashlib.sha256(self.content).hexdigest()

    def described(self) -> JsonObject:
        where = {"url": self.address} if self.address else {}
        if self.content is None:
            return where
        return {
            **where,
            "width": self.width,
            "height": self.height,
            "format": self.format,
            "bytes": len(self.content),
            "sha256": self.sha256,
            "metadata": self.metadata,
        }


def read_reference(text: str, position: int) -> Reference:
    """Take one reference, or raise GatewayRefusal naming its position."""
    if not text:
        raise GatewayRefusal(400, "InvalidImageURL.EmptyURL", f"The image url at position {position} is empty.", param="image")
    if _ADDRESS.fullmatch(text):
        return Reference(address=text)
    found = _DATA_URL.fullmatch(text)
    if found is None or found.group(1) not in _FORMATS:
        raise broken(position, "it is neither an address nor a data URL with a format in lower case")
    content = content_of(text)
    if content is None:
        raise broken(position, "its base64 cannot be decoded")
    return decode_reference(content, position, declared=found.group(1))


def is_data_url(text: str) -> bool:
    return text.startswith("data:")


def content_of(data_url: str) -> bytes | None:
    """The bytes behind a data URL, or None."""
    try:
        return base64.b64decode(data_url.partition(",")[2], validate=True)
    except ValueError:
        return None


def decode_reference(content: bytes, position: int, *, declared: str | None = None, address: str = "") -> Reference:
    """Take the bytes of one reference, which must be of the declared format if there is one."""
    if len(content) > MOST_BYTES:
        raise _beyond(position, f"it has {len(content)} bytes, at most {MOST_BYTES} are taken")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            image = Image.open(io.BytesIO(content), formats=list(_FORMATS.values()))
        _check_shape(image.width, image.height, position)
        image.load()
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        raise broken(position, "it cannot be decoded") from None
    is_one = next(name for name, called in _FORMATS.items() if called == _ALSO.get(str(image.format), image.format))
    if declared not in {None, is_one}:
        raise broken(position, f"it is declared as {declared} and is {str(image.format).lower()}")
    return Reference(
        address=address,
        content=content,
        width=image.width,
        height=image.height,
        format=is_one,
        metadata=_has_metadata(image),
    )


def _check_shape(width: int, height: int, position: int) -> None:
    if width * height > MOST_PIXELS:
        raise _beyond(position, f"it has {width * height} pixels, at most {MOST_PIXELS} are taken")
    if min(width, height) < SHORTEST_SIDE:
        raise _beyond(position, f"its sides are {width}x{height}, each must be longer than {SHORTEST_SIDE - 1} px")
    if max(width, height) > MOST_ASPECT * min(width, height):
        raise _beyond(position, f"its aspect ratio {width}:{height} is outside 1/16 to 16")


def _has_metadata(image: Image.Image) -> bool:
    """Whether anything travels with the pixels that tells of camera, place, author or words; a colour profile does not."""
    texts = getattr(image, "text", None)
    tags = set(image.getexif())
    telling = tags & _TELLING_TAGS if image.format == "TIFF" else tags
    return bool(telling) or bool(texts) or any(image.info.get(key) for key in _METADATA)


def broken(position: int, reason: str) -> GatewayRefusal:
    """The refusal of what is no picture."""
    return GatewayRefusal(400, "InvalidImageURL.InvalidFormat", f"Invalid image at position {position}: {reason}.", param="image")


def _beyond(position: int, reason: str) -> GatewayRefusal:
    return GatewayRefusal(400, "InvalidParameter", f"The image at position {position} is not valid: {reason}.", param="image")
