"""Decoding: what comes of it is upright, sRGB, eight bits a channel."""

from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from struct import error as struct_error
from zlib import error as zlib_error

from PIL import Image, ImageCms

from bot.images.formats.container import BrokenPictureError, Container, OverloadedPictureError
from bot.images.formats.table import Format
from bot.images.plain import MOST_PIXELS, bare, plain
from bot.images.subprocess_decoder import decode_in_subprocess

UPRIGHTED = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
SPACES = {"RGB": "RGB ", "L": "GRAY", "CMYK": "CMYK"}
"""Pillow's mode, and what an ICC header calls that colour space."""
CHECK_SCALE = 8
DECODER_ERRORS = (
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    LookupError,
    TypeError,
    struct_error,
    zlib_error,
)
WHITE = (255, 255, 255)


@contextmanager
def _decoding() -> Iterator[None]:
    """What Pillow raises for a bad file, in our terms."""
    try:
        yield
    except (Image.DecompressionBombError, Image.DecompressionBombWarning, MemoryError) as error:
        raise OverloadedPictureError("pixels") from error
    except DECODER_ERRORS as error:
        raise BrokenPictureError("decoder") from error


def check(container: Container, row: Format) -> None:
    """Prove that the file can be decoded to its end; raises BrokenPictureError or OverloadedPictureError."""
    with _decoding(), _opened(container, row) as image:
        if row.scalable_decode:
            image.draft(None, (image.width // CHECK_SCALE, image.height // CHECK_SCALE))
        image.load()


def paint(container: Container, row: Format) -> Image.Image:
    """The first frame as L, RGB or RGBA, the right way up, with nothing attached; halved where it has over MOST_PIXELS."""
    with _decoding():
        image = _in_srgb(_loaded(container, row), container.profile)
        turn = UPRIGHTED.get(container.orientation)
        return image if turn is None else image.transpose(turn)


def is_srgb(profile: bytes) -> bool:
    """Whether a profile says no more than the default; so does one nobody can read."""
    opened = _open_profile(profile)
    return opened is None or "srgb" in (opened.profile.profile_description or "").lower()


def is_transparent(image: Image.Image) -> bool:
    return image.mode == "RGBA" and image.getchannel("A").getextrema() != (255, 255)


def flatten(image: Image.Image) -> Image.Image:
    """On white, where there is transparency."""
    if image.mode != "RGBA":
        return image
    ground = Image.new("RGB", image.size, WHITE)
    ground.paste(image, mask=image.getchannel("A"))
    return ground


def _opened(container: Container, row: Format) -> Image.Image:
    """Not decoded yet."""
    image = Image.open(BytesIO(container.bare), formats=[row.decoder])
    if image.width * image.height > container.pixels:
        # Two readers of one file may understand it differently; ours is the one that was asked about its size.
        raise OverloadedPictureError("pixels")
    return image


def _loaded(container: Container, row: Format) -> Image.Image:
    """In a plain mode, as it is stored."""
    if row.in_subprocess:
        return decode_in_subprocess(container.bare, row.decoder, container.pixels)
    image = _opened(container, row)
    if row.scalable_decode and container.pixels > MOST_PIXELS:
        image.draft(None, (image.width // 2, image.height // 2))
    image.load()
    return plain(image)


def _in_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    if profile is not None and not is_srgb(profile):
        image = _converted(image, profile)
    return image.convert("RGB") if image.mode == "CMYK" else image


def _converted(image: Image.Image, profile: bytes) -> Image.Image:
    """From the profile's colours to sRGB; a profile of another colour space than the picture's is no profile."""
    opened = _open_profile(profile)
    colours = image.convert("RGB") if image.mode == "RGBA" else image
    if opened is None or opened.profile.xcolor_space != SPACES[colours.mode]:
        return image
    try:
        converted = ImageCms.profileToProfile(colours, opened, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except ImageCms.PyCMSError:
        return image
    assert converted is not None
    if image.mode == "RGBA":
        converted.putalpha(image.getchannel("A"))
    return bare(converted)


def _open_profile(profile: bytes) -> ImageCms.ImageCmsProfile | None:
    try:
        return ImageCms.ImageCmsProfile(BytesIO(profile))
    except (OSError, TypeError, ValueError, ImageCms.PyCMSError):
        return None
