"""Preparing a member's file for a gateway: what is refused, what is cleaned, what is left unchanged."""

import io
import zlib

import pytest
from PIL import Image

from bot.errors import RefusalCode, RefusedError
from bot.images.processor import ImageProcessor
from bot.images.values import PreparedReference
from tests.images.sample_files import (
    GREEN,
    METADATA_TEXT,
    RED,
    chunk,
    decoded,
    encoded,
    exif,
    half_transparent,
    largest_difference,
    noise,
    scene,
    srgb_profile,
    swapped_profile,
    webp_claiming,
    with_chunk,
    with_segment,
)

STORED_AS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}
"""By EXIF orientation: how a camera held that way stores the scene."""


async def refusal(processor: ImageProcessor, content: bytes) -> RefusedError:
    with pytest.raises(RefusedError) as caught:
        await processor.prepare_reference(content)
    return caught.value


def shows_through(content: bytes) -> bool:
    return decoded(content).convert("RGBA").getchannel("A").getextrema() != (255, 255)


@pytest.mark.parametrize(
    ("content", "alpha"),
    [
        (encoded(half_transparent(), "PNG"), True),
        (encoded(half_transparent().convert("P"), "PNG"), True),
        (encoded(half_transparent(), "PNG", exif=exif()), True),
        (encoded(half_transparent(), "WEBP", lossless=True), True),
        (encoded(half_transparent(), "GIF"), True),
        (encoded(scene().convert("RGBA"), "PNG"), False),
        (encoded(scene().convert("LA"), "PNG"), False),
        (encoded(scene().convert("RGBA"), "WEBP", lossless=True), False),
        (encoded(scene(), "JPEG"), False),
        (encoded(scene(), "GIF"), False),
    ],
)
async def test_transparency_is_measured(processor: ImageProcessor, content: bytes, alpha: bool) -> None:
    """A model that keeps transparent parts needs some: a channel in which nothing is transparent has none."""
    assert (await processor.prepare_reference(content)).alpha is alpha


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
        (half_transparent(), "PNG", {}),
        (scene().convert("P"), "PNG", {}),
        (scene().convert("P"), "PNG", {"transparency": 0}),
        (scene().convert("1"), "PNG", {}),
        (scene().convert("LA"), "PNG", {}),
        (scene(), "JPEG", {}),
        (scene().convert("L"), "JPEG", {}),
        (scene(), "JPEG", {"progressive": True, "optimize": True}),
        (scene(), "JPEG", {"subsampling": 0, "restart_marker_blocks": 1}),
        (scene(), "WEBP", {}),
        (half_transparent(), "WEBP", {}),
        (half_transparent(), "WEBP", {"lossless": True}),
    ],
)
async def test_a_clean_file_is_left_unchanged(
    processor: ImageProcessor, image: Image.Image, kind: str, options: dict[str, object]
) -> None:
    """A file without metadata is sent byte for byte."""
    content = encoded(image, kind, **options)
    media_type = f"image/{kind.lower()}"
    assert await processor.prepare_reference(content) == PreparedReference(
        content=content, media_type=media_type, width=48, height=32, alpha=shows_through(content)
    )


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (encoded(scene(), "PNG", exif=exif()), "image/png"),
        (encoded(scene(), "PNG", icc_profile=srgb_profile()), "image/png"),
        (encoded(scene(), "PNG", dpi=(144, 144)), "image/png"),
        (with_chunk(encoded(scene(), "PNG"), b"tEXt", b"Comment\0" + METADATA_TEXT.encode()), "image/png"),
        (with_chunk(encoded(scene(), "PNG"), b"zTXt", b"Comment\0\0" + zlib.compress(METADATA_TEXT.encode())), "image/png"),
        (with_chunk(encoded(scene(), "PNG"), b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + METADATA_TEXT.encode()), "image/png"),
        (with_chunk(encoded(scene(), "PNG"), b"tIME", b"\x07\xea\x01\x01\x00\x00\x00"), "image/png"),
        (encoded(scene(), "PNG") + METADATA_TEXT.encode(), "image/png"),
        (encoded(scene(), "JPEG", exif=exif()), "image/jpeg"),
        (encoded(scene(), "JPEG", exif=exif(1), comment=METADATA_TEXT), "image/jpeg"),
        (encoded(scene(), "JPEG", icc_profile=srgb_profile()), "image/jpeg"),
        (with_segment(encoded(scene(), "JPEG"), 0xE1, b"http://ns.adobe.com/xap/1.0/\0" + METADATA_TEXT.encode()), "image/jpeg"),
        (with_segment(encoded(scene(), "JPEG"), 0xED, b"Photoshop 3.0\0" + METADATA_TEXT.encode()), "image/jpeg"),
        (with_segment(encoded(scene(), "JPEG"), 0xE0, b"JFXX\0\x10" + METADATA_TEXT.encode()), "image/jpeg"),
        (encoded(scene(), "JPEG") + encoded(scene(), "JPEG", comment=METADATA_TEXT), "image/jpeg"),
        (encoded(scene(), "MPO", save_all=True, append_images=[scene()], exif=exif()), "image/jpeg"),
        (encoded(scene(), "WEBP", lossless=True, exif=exif()), "image/webp"),
        (encoded(scene(), "WEBP", lossless=True, xmp=METADATA_TEXT.encode()), "image/webp"),
        (encoded(half_transparent(), "WEBP", lossless=True, icc_profile=srgb_profile(), exif=exif(1)), "image/webp"),
        (encoded(scene(), "WEBP", lossless=True) + METADATA_TEXT.encode(), "image/webp"),
    ],
)
async def test_metadata_is_removed_and_the_pixels_stay(processor: ImageProcessor, content: bytes, media_type: str) -> None:
    """Location, comment and appended pictures are removed without re-encoding."""
    prepared = await processor.prepare_reference(content)
    assert prepared.media_type == media_type
    assert len(prepared.content) < len(content)
    assert_no_metadata(prepared.content)
    assert decoded(prepared.content).convert("RGBA").tobytes() == decoded(content).convert("RGBA").tobytes()
    assert await processor.prepare_reference(prepared.content) == PreparedReference(
        content=prepared.content,
        media_type=media_type,
        width=48,
        height=32,
        alpha=shows_through(content),
    )


async def test_a_compressed_text_bomb_is_removed_without_reading_it(processor: ImageProcessor) -> None:
    """A text that would inflate to 50 MB is cut out, and the picture is accepted."""
    picture = encoded(scene(), "PNG")
    prepared = await processor.prepare_reference(with_chunk(picture, b"zTXt", b"Bomb\0\0" + zlib.compress(bytes(50_000_000))))
    assert prepared.content == picture


def assert_no_metadata(content: bytes) -> None:
    harmless = {"jfif", "jfif_version", "jfif_unit", "jfif_density", "adobe", "adobe_transform", "loop", "background"}
    image = decoded(content)
    assert set(image.info) - harmless - {"progressive", "progression", "timestamp", "duration"} == set()
    assert dict(image.getexif()) == {}
    assert image.info.get("jfif_density", (1, 1)) in {(0, 0), (1, 1)}
    assert METADATA_TEXT.encode() not in content


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize(
    ("kind", "options", "media_type"),
    [
        ("PNG", {}, "image/png"),
        ("WEBP", {"lossless": True}, "image/png"),
        ("JPEG", {"quality": 100, "subsampling": 0}, "image/jpeg"),
    ],
)
async def test_the_exif_orientation_is_applied(
    processor: ImageProcessor,
    kind: str,
    options: dict[str, object],
    media_type: str,
    orientation: int,
) -> None:
    """All eight orientations are applied in every format that has them; a file in normal orientation keeps its format."""
    transposition = STORED_AS.get(orientation)
    stored = scene() if transposition is None else scene().transpose(transposition)
    content = encoded(stored, kind, exif=exif(orientation), **options)
    prepared = await processor.prepare_reference(content)
    assert (prepared.width, prepared.height) == (48, 32)
    assert prepared.content != content
    assert prepared.media_type == (f"image/{kind.lower()}" if transposition is None else media_type)
    assert_no_metadata(prepared.content)
    assert largest_difference(decoded(prepared.content), scene()) <= (6 if kind == "JPEG" else 0)


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
async def test_an_invalid_orientation_is_ignored(processor: ImageProcessor, payload: bytes) -> None:
    """Malformed EXIF data does not cause a refusal."""
    prepared = await processor.prepare_reference(with_segment(encoded(scene(), "JPEG"), 0xE1, payload))
    assert prepared.content == encoded(scene(), "JPEG")


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
async def test_an_icc_profile_is_applied(processor: ImageProcessor, kind: str) -> None:
    """Colours are converted to sRGB and the profile is removed."""
    content = encoded(Image.new("RGB", (32, 32), (200, 0, 0)), kind, icc_profile=swapped_profile(), quality=95)
    prepared = await processor.prepare_reference(content)
    red, green, blue = decoded(prepared.content).convert("RGB").getpixel((16, 16))  # type: ignore[misc]
    assert (red < 12, green > 190, blue < 12) == (True, True, True)
    assert_no_metadata(prepared.content)


async def test_a_profile_keeps_transparency(processor: ImageProcessor) -> None:
    """Colours are converted and the transparent half stays transparent."""
    prepared = await processor.prepare_reference(encoded(half_transparent(), "PNG", icc_profile=swapped_profile()))
    image = decoded(prepared.content)
    assert (image.mode, image.getchannel("A").getpixel((0, 0))) == ("RGBA", 0)
    red, green, _, alpha = image.getpixel((40, 16))  # type: ignore[misc]
    assert (red > 120, green < 90, alpha) == (True, True, 255)


@pytest.mark.parametrize("profile", [b"no profile at all", srgb_profile()[:200], srgb_profile().replace(b"RGB ", b"CMYK")])
async def test_an_unreadable_profile_is_ignored(processor: ImageProcessor, profile: bytes) -> None:
    """The picture is treated as sRGB."""
    prepared = await processor.prepare_reference(encoded(scene(), "PNG", icc_profile=profile))
    assert decoded(prepared.content).tobytes() == scene().tobytes()
    assert_no_metadata(prepared.content)


async def test_sixteen_bits_become_eight(processor: ImageProcessor) -> None:
    """16-bit values are scaled, not clipped."""
    deep = Image.new("I;16", (32, 32))
    deep.putpixel((0, 0), 65535)
    deep.putpixel((1, 0), 32896)
    deep.putpixel((2, 0), 300)
    content = encoded(deep, "PNG")
    prepared = await processor.prepare_reference(content)
    image = decoded(prepared.content)
    assert prepared.content != content
    assert (prepared.media_type, image.mode) == ("image/png", "L")
    assert [image.getpixel((x, 0)) for x in range(4)] == [255, 128, 1, 0]


async def test_cmyk_becomes_rgb(processor: ImageProcessor) -> None:
    """A CMYK JPEG becomes an RGB JPEG."""
    prepared = await processor.prepare_reference(encoded(scene().convert("CMYK"), "JPEG", quality=100))
    image = decoded(prepared.content)
    assert (prepared.media_type, image.mode) == ("image/jpeg", "RGB")
    assert largest_difference(image, scene()) <= 8


@pytest.mark.parametrize("name", ["gif", "animated gif", "animated png", "animated webp"])
async def test_an_animation_becomes_its_first_frame(processor: ImageProcessor, name: str) -> None:
    """The first frame is sent as a PNG, which every gateway takes."""
    content = whole_files()[name]
    prepared = await processor.prepare_reference(content)
    first = Image.open(io.BytesIO(content))
    image = decoded(prepared.content)
    assert prepared.content != content
    assert (prepared.media_type, getattr(image, "n_frames", 1)) == ("image/png", 1)
    assert image.convert("RGB").tobytes() == first.convert("RGB").tobytes()


async def test_a_gif_keeps_its_transparency(processor: ImageProcessor) -> None:
    """Its transparent palette colour becomes an alpha channel."""
    image = Image.new("P", (32, 32), 0)
    image.putpalette([*RED, *GREEN])
    image.paste(1, (16, 0, 32, 32))
    prepared = decoded((await processor.prepare_reference(encoded(image, "GIF", transparency=0, comment=METADATA_TEXT))).content)
    assert prepared.mode == "RGBA"
    assert [prepared.getpixel((x, 5)) for x in (3, 20)] == [(*RED, 0), (*GREEN, 255)]


@pytest.mark.parametrize("name", sorted(whole_files()))
async def test_a_truncated_file_is_refused(processor: ImageProcessor, name: str) -> None:
    """A file cut at any tenth is unreadable, also where a mark of the end follows."""
    content = whole_files()[name]
    cuts = [len(content) * tenth // 10 for tenth in range(1, 10)]
    codes = [(await refusal(processor, content[:cut])).refusal for cut in cuts]
    assert codes == [RefusalCode.REF_UNREADABLE] * 9


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
        webp_claiming(640, 480),
        b"RIFF\x04\0\0\0WEBP",
        b"RIFF\x0c\0\0\0WEBPVP8X\0\0\0\0",
        b"GIF89a" + bytes(7) + b";",
        b"GIF89a" + bytes(7) + b"?",
    ],
)
async def test_an_inconsistent_file_is_refused(processor: ImageProcessor, content: bytes) -> None:
    """Wrong checksums, frames without data and data without frames are unreadable."""
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
        (b"II+\0" + bytes(60), "image/tiff"),
    ],
)
async def test_other_formats_are_refused_by_their_content(processor: ImageProcessor, content: bytes, found: str) -> None:
    """The refusal names the type that the bytes suggest, whatever the platform claimed."""
    error = await refusal(processor, content)
    assert error.refusal == RefusalCode.REF_BAD_FORMAT
    shown = {name: error.parameters[name] for name in ("found", "allowed")}
    assert shown == {"found": found, "allowed": "PNG, JPEG, WebP, GIF, HEIC, AVIF, BMP, TIFF"}


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (encoded(half_transparent(), "WEBP", lossless=True), "image/png"),
        (encoded(scene(), "WEBP"), "image/png"),
        (encoded(half_transparent(), "PNG"), "image/png"),
        (encoded(scene(), "JPEG"), "image/jpeg"),
    ],
)
async def test_a_plain_reference(processor: ImageProcessor, content: bytes, kind: str) -> None:
    """PNG or JPEG, with the same transparency; what is one already is sent as it is."""
    prepared = await processor.prepare_reference(content, plain=True)
    assert prepared.media_type == kind
    before, after = (decoded(one).convert("RGBA").getchannel("A").tobytes() for one in (content, prepared.content))
    assert (before == after, prepared.alpha) == (True, min(before) == 0)
    if content.startswith(b"\x89PNG"):
        assert prepared.content == content
