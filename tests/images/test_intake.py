"""A member's file on its way to a gateway: what is refused, what is cleaned, what is left alone."""

import io
import zlib
from collections.abc import AsyncIterator

import pytest
from PIL import Image

from bot.errors import RefusalCode, RefusedError
from bot.images.intake import Taken
from bot.images.processor import ImageProcessor
from tests.images.paintings import (
    GREEN,
    RED,
    WORDS,
    chunk,
    claimed_webp,
    encoded,
    exif,
    glass,
    noise,
    opened,
    scene,
    srgb_profile,
    swapped_profile,
    with_chunk,
    with_segment,
)

TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}
"""How a camera held that way stores an upright scene."""


@pytest.fixture
async def processor() -> AsyncIterator[ImageProcessor]:
    async with ImageProcessor() as opened_studio:
        yield opened_studio


async def refusal(processor: ImageProcessor, content: bytes) -> RefusedError:
    with pytest.raises(RefusedError) as caught:
        await processor.take_in(content)
    return caught.value


def whole_files() -> dict[str, bytes]:
    frames = [scene().rotate(angle) for angle in (90, 180)]
    return {
        "png": encoded(noise(90, 60), "PNG"),
        "jpeg": encoded(noise(90, 60), "JPEG"),
        "progressive jpeg": encoded(noise(90, 60), "JPEG", progressive=True),
        "webp": encoded(noise(90, 60), "WEBP"),
        "lossless webp": encoded(noise(90, 60), "WEBP", lossless=True),
        "gif": encoded(noise(90, 60), "GIF"),
        "animated gif": encoded(scene(), "GIF", save_all=True, append_images=frames),
        "animated png": encoded(scene(), "PNG", save_all=True, append_images=frames),
        "animated webp": encoded(scene(), "WEBP", save_all=True, append_images=frames, lossless=True),
    }


@pytest.mark.parametrize(
    ("image", "kind", "options"),
    [
        (scene(), "PNG", {}),
        (glass(), "PNG", {}),
        (scene().convert("P"), "PNG", {}),
        (scene().convert("P"), "PNG", {"transparency": 0}),
        (scene().convert("1"), "PNG", {}),
        (scene().convert("LA"), "PNG", {}),
        (scene(), "JPEG", {}),
        (scene().convert("L"), "JPEG", {}),
        (scene(), "JPEG", {"progressive": True, "optimize": True}),
        (scene(), "JPEG", {"subsampling": 0, "restart_marker_blocks": 1}),
        (scene(), "WEBP", {}),
        (glass(), "WEBP", {}),
        (glass(), "WEBP", {"lossless": True}),
    ],
)
async def test_a_clean_file_is_left_alone(
    processor: ImageProcessor, image: Image.Image, kind: str, options: dict[str, object]
) -> None:
    """Byte for byte: nothing is gained by encoding it again."""
    content = encoded(image, kind, **options)
    media_type = f"image/{kind.lower()}"
    assert await processor.take_in(content) == Taken(content=content, media_type=media_type, width=48, height=32, changed=False)


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (encoded(scene(), "PNG", exif=exif()), "image/png"),
        (encoded(scene(), "PNG", icc_profile=srgb_profile()), "image/png"),
        (encoded(scene(), "PNG", dpi=(144, 144)), "image/png"),
        (with_chunk(encoded(scene(), "PNG"), b"tEXt", b"Comment\0" + WORDS.encode()), "image/png"),
        (with_chunk(encoded(scene(), "PNG"), b"zTXt", b"Comment\0\0" + zlib.compress(WORDS.encode())), "image/png"),
        (with_chunk(encoded(scene(), "PNG"), b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + WORDS.encode()), "image/png"),
        (with_chunk(encoded(scene(), "PNG"), b"tIME", b"\x07\xea\x01\x01\x00\x00\x00"), "image/png"),
        (encoded(scene(), "PNG") + WORDS.encode(), "image/png"),
        (encoded(scene(), "JPEG", exif=exif()), "image/jpeg"),
        (encoded(scene(), "JPEG", exif=exif(1), comment=WORDS), "image/jpeg"),
        (encoded(scene(), "JPEG", icc_profile=srgb_profile()), "image/jpeg"),
        (with_segment(encoded(scene(), "JPEG"), 0xE1, b"http://ns.adobe.com/xap/1.0/\0" + WORDS.encode()), "image/jpeg"),
        (with_segment(encoded(scene(), "JPEG"), 0xED, b"Photoshop 3.0\0" + WORDS.encode()), "image/jpeg"),
        (with_segment(encoded(scene(), "JPEG"), 0xE0, b"JFXX\0\x10" + WORDS.encode()), "image/jpeg"),
        (encoded(scene(), "JPEG") + encoded(scene(), "JPEG", comment=WORDS), "image/jpeg"),
        (encoded(scene(), "MPO", save_all=True, append_images=[scene()], exif=exif()), "image/jpeg"),
        (encoded(scene(), "WEBP", lossless=True, exif=exif()), "image/webp"),
        (encoded(scene(), "WEBP", lossless=True, xmp=WORDS.encode()), "image/webp"),
        (encoded(glass(), "WEBP", lossless=True, icc_profile=srgb_profile(), exif=exif(1)), "image/webp"),
        (encoded(scene(), "WEBP", lossless=True) + WORDS.encode(), "image/webp"),
    ],
)
async def test_metadata_is_cut_out_and_the_pixels_stay(processor: ImageProcessor, content: bytes, media_type: str) -> None:
    """A place, a comment, a hidden second picture: gone, without a new generation of the picture itself."""
    taken = await processor.take_in(content)
    assert (taken.media_type, taken.changed) == (media_type, True)
    assert len(taken.content) < len(content)
    assert_says_nothing(taken.content)
    assert opened(taken.content).convert("RGBA").tobytes() == opened(content).convert("RGBA").tobytes()
    assert await processor.take_in(taken.content) == Taken(
        content=taken.content,
        media_type=media_type,
        width=48,
        height=32,
        changed=False,
    )


async def test_a_text_that_unpacks_to_fifty_megabytes_is_cut_out_unread(processor: ImageProcessor) -> None:
    """A bomb beside a good picture harms nobody and costs the member nothing."""
    picture = encoded(scene(), "PNG")
    taken = await processor.take_in(with_chunk(picture, b"zTXt", b"Bomb\0\0" + zlib.compress(bytes(50_000_000))))
    assert taken.content == picture


def assert_says_nothing(content: bytes) -> None:
    harmless = {"jfif", "jfif_version", "jfif_unit", "jfif_density", "adobe", "adobe_transform", "loop", "background"}
    image = opened(content)
    assert set(image.info) - harmless - {"progressive", "progression", "timestamp", "duration"} == set()
    assert dict(image.getexif()) == {}
    assert image.info.get("jfif_density", (1, 1)) in {(0, 0), (1, 1)}
    assert WORDS.encode() not in content


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize(
    ("kind", "options", "media_type"),
    [
        ("PNG", {}, "image/png"),
        ("WEBP", {"lossless": True}, "image/png"),
        ("JPEG", {"quality": 100, "subsampling": 0}, "image/jpeg"),
    ],
)
async def test_a_turned_photo_stands_upright(
    processor: ImageProcessor,
    kind: str,
    options: dict[str, object],
    media_type: str,
    orientation: int,
) -> None:
    """All eight ways to hold a camera, in every format that can say so; what stood upright keeps its format."""
    turn = TURNS.get(orientation)
    stored = scene() if turn is None else scene().transpose(turn)
    taken = await processor.take_in(encoded(stored, kind, exif=exif(orientation), **options))
    assert (taken.width, taken.height, taken.changed) == (48, 32, True)
    assert taken.media_type == (f"image/{kind.lower()}" if turn is None else media_type)
    assert_says_nothing(taken.content)
    assert farthest(opened(taken.content), scene()) <= (6 if kind == "JPEG" else 0)


def farthest(one: Image.Image, other: Image.Image) -> int:
    """The largest difference of any channel of any pixel."""
    assert one.size == other.size
    pairs = zip(one.convert("RGB").tobytes(), other.convert("RGB").tobytes(), strict=True)
    return max(abs(left - right) for left, right in pairs)


@pytest.mark.parametrize(
    "payload",
    [
        exif(0),
        exif(9),
        exif(65535),
        b"Exif\0\0",
        b"Exif\0\0II*\0\xff\xff\xff\xff",
        b"Exif\0\0MM\0*\0\0\0\x08\xff\xff",
        b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x07",
        b"Exif\0\0garbage",
    ],
)
async def test_an_orientation_that_makes_no_sense_is_none(processor: ImageProcessor, payload: bytes) -> None:
    """Nobody is refused for what a broken camera wrote beside a good picture."""
    taken = await processor.take_in(with_segment(encoded(scene(), "JPEG"), 0xE1, payload))
    assert taken.content == encoded(scene(), "JPEG")


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
async def test_colours_of_a_profile_become_plain_ones(processor: ImageProcessor, kind: str) -> None:
    """The profile is obeyed and then dropped."""
    content = encoded(Image.new("RGB", (32, 32), (200, 0, 0)), kind, icc_profile=swapped_profile(), quality=95)
    taken = await processor.take_in(content)
    red, green, blue = opened(taken.content).convert("RGB").getpixel((16, 16))  # type: ignore[misc]
    assert (red < 12, green > 190, blue < 12) == (True, True, True)
    assert_says_nothing(taken.content)


async def test_a_profile_keeps_transparency(processor: ImageProcessor) -> None:
    """Colours are converted, the see-through half stays see-through."""
    taken = await processor.take_in(encoded(glass(), "PNG", icc_profile=swapped_profile()))
    image = opened(taken.content)
    assert (image.mode, image.getchannel("A").getpixel((0, 0))) == ("RGBA", 0)
    red, green, _, alpha = image.getpixel((40, 16))  # type: ignore[misc]
    assert (red > 120, green < 90, alpha) == (True, True, 255)


@pytest.mark.parametrize("profile", [b"no profile at all", srgb_profile()[:200], srgb_profile().replace(b"RGB ", b"CMYK")])
async def test_a_profile_nobody_can_read_is_no_profile(processor: ImageProcessor, profile: bytes) -> None:
    """The picture is taken for what most pictures are."""
    taken = await processor.take_in(encoded(scene(), "PNG", icc_profile=profile))
    assert opened(taken.content).tobytes() == scene().tobytes()
    assert_says_nothing(taken.content)


async def test_sixteen_bits_become_eight(processor: ImageProcessor) -> None:
    """Scaled, not clipped."""
    deep = Image.new("I;16", (32, 32))
    deep.putpixel((0, 0), 65535)
    deep.putpixel((1, 0), 32896)
    deep.putpixel((2, 0), 300)
    taken = await processor.take_in(encoded(deep, "PNG"))
    image = opened(taken.content)
    assert (taken.media_type, taken.changed, image.mode) == ("image/png", True, "L")
    assert [image.getpixel((x, 0)) for x in range(4)] == [255, 128, 1, 0]


async def test_cmyk_becomes_rgb(processor: ImageProcessor) -> None:
    """A printer's JPEG stays a JPEG, in a screen's colours."""
    taken = await processor.take_in(encoded(scene().convert("CMYK"), "JPEG", quality=100))
    image = opened(taken.content)
    assert (taken.media_type, image.mode) == ("image/jpeg", "RGB")
    assert farthest(image, scene()) <= 8


@pytest.mark.parametrize("name", ["gif", "animated gif", "animated png", "animated webp"])
async def test_a_moving_picture_becomes_its_first_frame(processor: ImageProcessor, name: str) -> None:
    """As a PNG, which every gateway takes."""
    content = whole_files()[name]
    taken = await processor.take_in(content)
    first = Image.open(io.BytesIO(content))
    image = opened(taken.content)
    assert (taken.media_type, taken.changed, getattr(image, "n_frames", 1)) == ("image/png", True, 1)
    assert image.convert("RGB").tobytes() == first.convert("RGB").tobytes()


async def test_a_gif_keeps_what_is_transparent(processor: ImageProcessor) -> None:
    """Its one see-through colour becomes an alpha channel."""
    image = Image.new("P", (32, 32), 0)
    image.putpalette([*RED, *GREEN])
    image.paste(1, (16, 0, 32, 32))
    taken = opened((await processor.take_in(encoded(image, "GIF", transparency=0, comment=WORDS))).content)
    assert taken.mode == "RGBA"
    assert [taken.getpixel((x, 5)) for x in (3, 20)] == [(*RED, 0), (*GREEN, 255)]


@pytest.mark.parametrize("name", sorted(whole_files()))
async def test_a_file_that_was_cut_off_is_refused(processor: ImageProcessor, name: str) -> None:
    """At every tenth of it, and one byte before its end."""
    content = whole_files()[name]
    cuts = [len(content) * tenth // 10 for tenth in range(1, 10)] + [len(content) - 1]
    codes = [(await refusal(processor, content[:cut])).refusal for cut in cuts]
    assert codes == [RefusalCode.REF_UNREADABLE] * 10


@pytest.mark.parametrize(
    "content",
    [
        b"\x89PNG\r\n\x1a\n" + chunk(b"IEND", b""),
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", bytes(5)) + chunk(b"IEND", b""),
        encoded(scene(), "PNG").replace(b"IDAT", b"IDAX"),
        encoded(scene(), "PNG")[:60] + b"\0\0\0" + encoded(scene(), "PNG")[63:],
        b"\xff\xd8\xff\xd9",
        b"\xff\xd8\xff" + bytes(500),
        encoded(scene(), "JPEG").replace(b"\xff\xdb", b"\xff\xfe"),
        with_segment(encoded(scene(), "JPEG"), 0xC0, b"\x08\x00\x20\x00\x20\x01\x01\x11\x00"),
        claimed_webp(640, 480),
        b"RIFF\x04\0\0\0WEBP",
        b"RIFF\x0c\0\0\0WEBPVP8X\0\0\0\0",
        b"GIF89a" + bytes(7) + b";",
        b"GIF89a" + bytes(7) + b"?",
    ],
)
async def test_a_file_that_contradicts_itself_is_refused(processor: ImageProcessor, content: bytes) -> None:
    """Damaged checksums, frames without data, data without frames."""
    assert (await refusal(processor, content)).refusal == RefusalCode.REF_UNREADABLE


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"", "an empty file"),
        (b"<!DOCTYPE html><title>Sign in</title>", "text/html"),
        (b"\n <HTML>", "text/html"),
        (b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>', "image/svg+xml"),
        (b"%PDF-1.7\n", "application/pdf"),
        (b"a red fox in snow", "text/plain"),
        (("狐" * 600).encode(), "text/plain"),
        (bytes(64), "an unknown kind of file"),
        (b"\x80\x81\x82", "an unknown kind of file"),
        (b"PK\x03\x04", "application/zip"),
        (b"\0\0\0\x18ftypmif1\0\0\0\0mif1vvic", "image/heif"),
        (b"\0\0\0\x18ftypisom", "video/mp4"),
        (encoded(scene(), "BMP"), "image/bmp"),
        (encoded(scene(), "TIFF"), "image/tiff"),
    ],
)
async def test_what_is_no_picture_of_ours(processor: ImageProcessor, content: bytes, found: str) -> None:
    """The refusal says what it looks like; the file's name and what a platform claimed of it count for nothing."""
    error = await refusal(processor, content)
    assert error.refusal == RefusalCode.REF_BAD_FORMAT
    assert error.parameters == {"found": found, "allowed": "PNG, JPEG, WebP, GIF, HEIC, AVIF"}
