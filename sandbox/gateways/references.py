"""Reference pictures as a gateway reads them: data URLs are decoded and checked against the documented limits.

A reference given as a URL is kept as text; `reference_urls.py` downloads it for gateways that do so.
"""

import base64
import hashlib
import io
import re
import warnings
from dataclasses import dataclass

from PIL import Image

from sandbox.contracts import JsonObject
from sandbox.gateways.responses import GatewayError

MOST_BYTES = 10_000_000
MOST_PIXELS = 36_000_000
SHORTEST_SIDE = 15
MOST_ASPECT = 16

_FORMATS = {"jpeg": "JPEG", "png": "PNG", "webp": "WEBP", "bmp": "BMP", "tiff": "TIFF", "gif": "GIF"}
_ALIASES = {"MPO": "JPEG"}
"""Cameras write a JPEG with a second picture behind it as MPO."""
_METADATA_TAGS = frozenset({270, 271, 272, 305, 306, 315, 33432, 34665, 34853})
"""TIFF tags for description, camera, software, time, author, copyright, EXIF and GPS; its other tags are structure."""
_DATA_URL = re.compile(r"data:image/([a-z]+);base64,(.*)", re.DOTALL)
_BASE64 = re.compile(r"[A-Za-z0-9+/\s]+={0,2}\s*")
_URL = re.compile(r"https?://[^\s/]+\S*")
_METADATA_KEYS = frozenset(
    {"exif", "xmp", "comment", "photoshop", "XML:com.adobe.xmp", "Raw profile type exif", "Raw profile type iptc"}
)


@dataclass(frozen=True, kw_only=True)
class Reference:
    """An accepted reference; `content` is None if its URL was not downloaded."""

    url: str
    content: bytes | None = None
    width: int | None = None
    height: int | None = None
    format: str | None = None
    metadata: bool | None = None

    @property
    def sha256(self) -> str | None:
        return None if self.content is None else hashlib.sha256(self.content).hexdigest()

    def to_json(self) -> JsonObject:
        source = {"url": self.url} if self.url else {}
        if self.content is None:
            return source
        return {
            **source,
            "width": self.width,
            "height": self.height,
            "format": self.format,
            "bytes": len(self.content),
            "sha256": self.sha256,
            "metadata": self.metadata,
        }


def read_reference(text: str, position: int, *, most_bytes: int = MOST_BYTES) -> Reference:
    """Read one reference. Raises GatewayError with its position."""
    if not text:
        raise GatewayError(400, "InvalidImageURL.EmptyURL", f"The image url at position {position} is empty.", param="image")
    if _URL.fullmatch(text):
        return Reference(url=text)
    if _BASE64.fullmatch(text):
        raise GatewayError(400, "InvalidParameter", f"Invalid url specified at position {position}.", param="image")
    found = _DATA_URL.fullmatch(text)
    if found is None or found.group(1) not in _FORMATS:
        raise invalid_image(position, "it is neither an address nor a data URL with a format in lower case")
    content = decode_data_url(text)
    if content is None:
        raise invalid_image(position, "its base64 cannot be decoded")
    return decode_reference(content, position, declared=found.group(1), most_bytes=most_bytes)


def is_data_url(text: str) -> bool:
    return text.startswith("data:")


def decode_data_url(data_url: str) -> bytes | None:
    """Return the bytes of a data URL, or None if its base64 is invalid."""
    try:
        return base64.b64decode(data_url.partition(",")[2], validate=True)
    except ValueError:
        return None


def decode_reference(
    content: bytes, position: int, *, declared: str | None = None, url: str = "", most_bytes: int = MOST_BYTES
) -> Reference:
    """Decode the bytes of one reference, which must have the declared format if there is one."""
    if len(content) > most_bytes:
        raise _beyond_limits(position, f"it has {len(content)} bytes, at most {most_bytes} are taken")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            image = Image.open(io.BytesIO(content), formats=list(_FORMATS.values()))
        _check_dimensions(image.width, image.height, position)
        image.load()
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        raise invalid_image(position, "it cannot be decoded") from None
    actual = next(name for name, pillow in _FORMATS.items() if pillow == _ALIASES.get(str(image.format), image.format))
    if declared not in {None, actual}:
        raise invalid_image(position, f"it is declared as {declared} and is {str(image.format).lower()}")
    return Reference(
        url=url,
        content=content,
        width=image.width,
        height=image.height,
        format=actual,
        metadata=_has_metadata(image),
    )


def has_transparent_pixel(reference: Reference) -> bool:
    """Return whether the picture has an alpha channel and at least one pixel that is not opaque."""
    image = Image.open(io.BytesIO(reference.content or b""))
    if not image.has_transparency_data:
        return False
    return image.convert("RGBA").getchannel("A").histogram()[255] < image.width * image.height


def _check_dimensions(width: int, height: int, position: int) -> None:
    if width * height > MOST_PIXELS:
        raise _beyond_limits(position, f"it has {width * height} pixels, at most {MOST_PIXELS} are taken")
    if min(width, height) < SHORTEST_SIDE:
        raise _beyond_limits(position, f"its sides are {width}x{height}, each must be longer than {SHORTEST_SIDE - 1} px")
    if max(width, height) > MOST_ASPECT * min(width, height):
        raise _beyond_limits(position, f"its aspect ratio {width}:{height} is outside 1/16 to 16")


def _has_metadata(image: Image.Image) -> bool:
    """Return whether the file carries text or data about camera, place or author; a colour profile does not count."""
    texts = getattr(image, "text", None)
    tags = set(image.getexif())
    telling = tags & _METADATA_TAGS if image.format == "TIFF" else tags
    return bool(telling) or bool(texts) or any(image.info.get(key) for key in _METADATA_KEYS)


def invalid_image(position: int, reason: str) -> GatewayError:
    """Return the error for a reference that is no picture."""
    return GatewayError(400, "InvalidImageURL.InvalidFormat", f"Invalid image at position {position}: {reason}.", param="image")


def _beyond_limits(position: int, reason: str) -> GatewayError:
    return GatewayError(400, "InvalidParameter", f"The image at position {position} is not valid: {reason}.", param="image")
