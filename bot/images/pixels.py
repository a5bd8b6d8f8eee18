"""Decoding, and the plain form all painting starts from: upright, sRGB, eight bits a channel."""

from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from struct import error as struct_error
from zlib import error as zlib_error

from PIL import Image, ImageCms

from bot.images.formats.container import BrokenPictureError, Container, OverloadedPictureError
from bot.images.formats.table import Format

BOMB_PIXELS = 89_478_485
"""Where Pillow begins to warn: 256 MiB as RGB."""
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
WHITE = (255, 255, 255)


@contextmanager
def _decoding() -> Iterator[None]:
    """What Pillow raises for a bad file, in our terms."""
    try:
        yield
    except (Image.DecompressionBombError, Image.DecompressionBombWarning, MemoryError) as error:
        raise OverloadedPictureError("pixels") from error
    except (OSError, SyntaxError, ValueError, EOFError, IndexError, TypeError, struct_error, zlib_error) as error:
        raise BrokenPictureError("decoder") from error


def check(container: Container, row: Format) -> None:
    """Prove that the file can be decoded to its end; raises BrokenPictureError or OverloadedPictureError."""
    with _decoding(), Image.open(BytesIO(container.bare), formats=[row.pillow]) as image:
        if row.scalable_decode:
            image.draft(None, (image.width // CHECK_SCALE, image.height // CHECK_SCALE))
        image.load()


def paint(container: Container, row: Format) -> Image.Image:
    """The first frame as L, RGB or RGBA, the right way up, with nothing attached."""
    with _decoding():
        image = _in_srgb(_plain_mode(_loaded(container, row)), container.profile)
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


def _loaded(container: Container, row: Format) -> Image.Image:
    image = Image.open(BytesIO(container.bare), formats=[row.pillow])
    image.load()
    return image


def _plain_mode(image: Image.Image) -> Image.Image:
    """Palettes, bits, sixteen bits and odd alphas become L, RGB, RGBA; CMYK stays, its profile needs it."""
    if image.mode.startswith("I"):
        # convert() would clip at 255 what has to be scaled down.
        return image.convert("I").point(lambda value: value * (1 / 257) + 0.5).convert("L")
    if image.has_transparency_data:
        return _bare(image.convert("RGBA"))
    match image.mode:
        case "L" | "RGB" | "CMYK":
            return _bare(image)
        case "1":
            return _bare(image.convert("L"))
        case _:
            return _bare(image.convert("RGB"))


def _bare(image: Image.Image) -> Image.Image:
    image.info = {}
    return image


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
    return _bare(converted)


def _open_profile(profile: bytes) -> ImageCms.ImageCmsProfile | None:
    try:
        return ImageCms.ImageCmsProfile(BytesIO(profile))
    except (OSError, TypeError, ValueError, ImageCms.PyCMSError):
        return None
