"""Reference pictures as a gateway reads them: data URLs within the documented limits, addresses as they are."""

import base64
import binascii
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
    """A reference that was taken; `content` is None for an address, which is never fetched."""

    address: str
    content: bytes | None = None
    width: int | None = None
    height: int | None = None
    format: str | None = None
    metadata: bool | None = None

    @property
    def sha256(self) -> str | None:
        return None if self.content is None else hashlib.sha256(self.content).hexdigest()

    @property
    def shown(self) -> str:
        """What stands in the record of the call instead of megabytes."""
        return self.address if self.content is None else f"data:image/{self.format};sha256={self.sha256}"

    def described(self) -> JsonObject:
        if self.content is None:
            return {"url": self.address}
        return {
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
        raise _broken(position, "it is neither an address nor a data URL with a format in lower case")
    try:
        content = base64.b64decode(found.group(2), validate=True)
    except binascii.Error:
        raise _broken(position, "its base64 cannot be decoded") from None
    if len(content) > MOST_BYTES:
        raise _beyond(position, f"it has {len(content)} bytes, at most {MOST_BYTES} are taken")
    return _decoded(content, found.group(1), position)


def _decoded(content: bytes, declared: str, position: int) -> Reference:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            image = Image.open(io.BytesIO(content), formats=list(_FORMATS.values()))
        _check_shape(image.width, image.height, position)
        image.load()
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        raise _broken(position, "it cannot be decoded") from None
    if _ALSO.get(str(image.format), image.format) != _FORMATS[declared]:
        raise _broken(position, f"it is declared as {declared} and is {str(image.format).lower()}")
    return Reference(
        address="",
        content=content,
        width=image.width,
        height=image.height,
        format=declared,
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


def _broken(position: int, reason: str) -> GatewayRefusal:
    return GatewayRefusal(400, "InvalidImageURL.InvalidFormat", f"Invalid image at position {position}: {reason}.", param="image")


def _beyond(position: int, reason: str) -> GatewayRefusal:
    return GatewayRefusal(400, "InvalidParameter", f"The image at position {position} is not valid: {reason}.", param="image")
