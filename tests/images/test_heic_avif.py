"""HEIC and AVIF, as phones and browsers make them, are converted for the gateways."""

from dataclasses import replace

import pytest
from PIL import Image

from bot.errors import RefusalCode, RefusedError
from bot.images.decode import decode
from bot.images.formats.container import BrokenPictureError, PictureBombError
from bot.images.formats.heif import accepts_avif, accepts_heic
from bot.images.intake import inspect
from bot.images.processor import ImageProcessor
from bot.images.values import Measured
from tests.images import hevc
from tests.images.heif import (
    Layout,
    box,
    decoder_configuration,
    encode_file,
    grid_heic,
    heic,
    mirrored,
    profile_box,
    quarter_turns,
    spatial_extents,
)
from tests.images.sample_files import (
    METADATA_TEXT,
    ORIENTATION,
    decoded,
    encoded,
    exif,
    half_transparent,
    largest_difference,
    scene,
    swapped_profile,
)

T = Image.Transpose


async def refusal(processor: ImageProcessor, content: bytes) -> RefusalCode:
    with pytest.raises(RefusedError) as caught:
        await processor.prepare_reference(content)
    return caught.value.refusal


FILES = {
    "heic": heic(scene(), exif=exif(6)),
    "grid": grid_heic(scene(64, 64), 3, 2, size=(160, 100), exif=exif(3)),
    "heic with a generic brand": heic(scene(), brand=b"mif1"),
    "avif": encoded(scene(), "AVIF", quality=95, subsampling="4:4:4", xmp=METADATA_TEXT.encode()),
    "avif sequence": encoded(scene(), "AVIF", save_all=True, append_images=[scene().rotate(90), half_transparent()]),
}


@pytest.mark.parametrize("name", sorted(FILES))
async def test_a_phone_photo_becomes_a_jpeg(processor: ImageProcessor, name: str) -> None:
    """The result is a JPEG without metadata."""
    prepared = await processor.prepare_reference(FILES[name])
    image = decoded(prepared.content)
    assert prepared.content != FILES[name]
    assert (prepared.media_type, image.format) == ("image/jpeg", "JPEG")
    assert (image.size, (prepared.width, prepared.height)) == (image.size, image.size)
    assert image.size == ((160, 100) if name == "grid" else (48, 32))
    assert dict(image.getexif()) == {}
    assert set(image.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
    assert METADATA_TEXT.encode() not in prepared.content


async def test_the_colours_are_preserved(processor: ImageProcessor) -> None:
    """The pixels differ from the scene no more than the coding requires."""
    for name in ("heic", "avif"):
        assert largest_difference(decoded((await processor.prepare_reference(FILES[name])).content), scene()) <= 24


@pytest.mark.parametrize(
    "content", [heic(half_transparent()), encoded(half_transparent(), "AVIF", quality=95)], ids=["heic", "avif"]
)
async def test_transparency_becomes_a_png(processor: ImageProcessor, content: bytes) -> None:
    """A transparent picture is converted to a PNG that keeps its alpha channel."""
    prepared = await processor.prepare_reference(content)
    image = decoded(prepared.content)
    assert (prepared.media_type, image.mode, image.size) == ("image/png", "RGBA", (48, 32))
    assert [image.getchannel("A").getpixel((x, 16)) for x in (5, 40)] == [0, 255]


@pytest.mark.parametrize(
    ("extra_properties", "seen"),
    [
        ((), scene()),
        ((quarter_turns(1),), scene().transpose(T.ROTATE_90)),
        ((quarter_turns(2),), scene().transpose(T.ROTATE_180)),
        ((quarter_turns(3),), scene().transpose(T.ROTATE_270)),
        ((mirrored(0),), scene().transpose(T.FLIP_TOP_BOTTOM)),
        ((mirrored(1),), scene().transpose(T.FLIP_LEFT_RIGHT)),
        ((quarter_turns(1), mirrored(0)), scene().transpose(T.TRANSPOSE)),
        ((quarter_turns(1), mirrored(1)), scene().transpose(T.TRANSVERSE)),
        ((mirrored(0), quarter_turns(1)), scene().transpose(T.TRANSVERSE)),
    ],
)
@pytest.mark.parametrize("exif_orientation", [None, 1, 6])
async def test_rotation_properties_are_applied_once(
    processor: ImageProcessor, extra_properties: tuple[bytes, ...], seen: Image.Image, exif_orientation: int | None
) -> None:
    """The file's `irot` and `imir` properties apply in their order; its EXIF orientation does not."""
    prepared = await processor.prepare_reference(
        heic(scene(), extra_properties=extra_properties, exif=None if exif_orientation is None else exif(exif_orientation))
    )
    image = decoded(prepared.content)
    assert (prepared.width, prepared.height) == seen.size
    assert largest_difference(image, seen) <= 24
    assert ORIENTATION not in image.getexif()


@pytest.mark.parametrize("orientation", range(1, 9))
async def test_every_orientation_of_an_avif_is_applied(processor: ImageProcessor, orientation: int) -> None:
    """Pillow writes an orientation as `irot` and `imir`; all eight are read back."""
    transpositions = {2: T.FLIP_LEFT_RIGHT, 3: T.ROTATE_180, 4: T.FLIP_TOP_BOTTOM, 5: T.TRANSPOSE}
    transpositions |= {6: T.ROTATE_90, 7: T.TRANSVERSE, 8: T.ROTATE_270}
    stored = scene() if orientation == 1 else scene().transpose(transpositions[orientation])
    content = encoded(stored, "AVIF", quality=95, subsampling="4:4:4", exif=exif(orientation))
    assert largest_difference(decoded((await processor.prepare_reference(content)).content), scene()) <= 24


async def test_a_profile_is_applied(processor: ImageProcessor) -> None:
    """The colours of an ICC profile are converted to sRGB."""
    red = Image.new("RGB", (64, 64), (200, 0, 0))
    for content in (heic(red, profile=swapped_profile()), encoded(red, "AVIF", icc_profile=swapped_profile())):
        prepared = await processor.prepare_reference(content)
        channels: tuple[int, ...] = decoded(prepared.content).getpixel((30, 30))  # type: ignore[assignment]
        assert (channels[0] < 30, channels[1] > 180, channels[2] < 30) == (True, True, True)


@pytest.mark.parametrize("name", sorted(FILES))
async def test_a_truncated_photo_is_refused(processor: ImageProcessor, name: str) -> None:
    """A file cut at any tenth, or one byte before its end, is unreadable."""
    content = FILES[name]
    cuts = [len(content) * tenth // 10 for tenth in range(1, 10)] + [len(content) - 1]
    assert [await refusal(processor, content[:cut]) for cut in cuts] == [RefusalCode.REF_UNREADABLE] * 10


def mismatched_sizes(parameters: tuple[int, int]) -> bytes:
    """The size of the item and the size in its decoder configuration differ."""
    layout = Layout()
    main = layout.add(b"hvc1", hevc.slices(scene(64, 64)), spatial_extents(64, 64), decoder_configuration(*parameters))
    return encode_file(layout, main, b"heic")


def oversized_tiles() -> bytes:
    """A grid whose tiles together have many times the pixels of the picture."""
    content = grid_heic(scene(64, 64), 20, 20, size=(80, 80))
    return content.replace(spatial_extents(64, 64), spatial_extents(1600, 1600))


def shared_data() -> bytes:
    """Many items that refer to the same bytes, which would be read once per item."""
    return grid_heic(Image.new("RGB", (512, 512)), 30, 30)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (heic(scene(), claimed=(30_000, 30_000)), RefusalCode.REF_BOMB),
        (grid_heic(scene(64, 64), 2, 2, claimed=(20_000, 20_000)), RefusalCode.REF_BOMB),
        (grid_heic(scene(64, 64), 2, 2, size=(8064, 6048)), RefusalCode.REF_UNREADABLE),
        (heic(scene(64, 64), claimed=(640, 640)), RefusalCode.REF_UNREADABLE),
        (mismatched_sizes((16_384, 16_384)), RefusalCode.REF_UNREADABLE),
        (oversized_tiles(), RefusalCode.REF_BOMB),
        (shared_data(), RefusalCode.REF_BOMB),
        (heic(scene(10, 60)), RefusalCode.REF_TOO_SMALL),
        (heic(scene(640, 32)), RefusalCode.REF_BAD_ASPECT),
        (heic(scene()).replace(b"hvc1", b"jpeg"), RefusalCode.REF_BAD_FORMAT),
        (heic(scene()).replace(b"pitm", b"free"), RefusalCode.REF_UNREADABLE),
        (heic(scene()).replace(b"ispe", b"free"), RefusalCode.REF_UNREADABLE),
        (heic(scene()).replace(b"iloc", b"free"), RefusalCode.REF_UNREADABLE),
        (heic(scene()).replace(b"hvcC", b"free"), RefusalCode.REF_UNREADABLE),
        (heic(scene()).replace(b"meta", b"moov"), RefusalCode.REF_UNREADABLE),
        (box(b"ftyp", b"heic", bytes(4)), RefusalCode.REF_UNREADABLE),
        (FILES["avif"].replace(spatial_extents(48, 32), spatial_extents(30_000, 30_000)), RefusalCode.REF_BOMB),
        (FILES["avif"].replace(b"av01", b"hvc1"), RefusalCode.REF_BAD_FORMAT),
        (FILES["avif"].replace(b"av1C", b"free"), RefusalCode.REF_UNREADABLE),
        (FILES["avif sequence"].replace(b"meta", b"free", 1), RefusalCode.REF_UNREADABLE),
    ],
)
async def test_an_inconsistent_photo_is_refused(processor: ImageProcessor, content: bytes, code: RefusalCode) -> None:
    """It is refused by its structure where that is enough, else by the decoder."""
    assert await refusal(processor, content) == code


async def test_data_after_the_last_box_is_ignored(processor: ImageProcessor) -> None:
    """Some phones append their own boxes and bytes."""
    for tail in (box(b"sefd", bytes(90)), b"\xff\xff\xff\xff\x00SEFT\x00\x00", bytes(5)):
        assert (await processor.prepare_reference(FILES["heic"] + tail)).media_type == "image/jpeg"


async def test_a_crash_of_the_decoder_does_not_end_the_bot(processor: ImageProcessor, caplog: pytest.LogCaptureFixture) -> None:
    """An item whose type is not text crashes pi-heif in its child process; the file is refused and others still work."""
    photo = heic(scene(), exif=exif(6))
    assert await refusal(processor, photo.replace(b"Exif", b"Exi\xff", 1)) == RefusalCode.REF_UNREADABLE
    assert "an image worker ended with -11" in caplog.text
    assert (await processor.prepare_reference(photo)).media_type == "image/jpeg"


def test_the_decoder_enforces_the_pixel_limit() -> None:
    """A picture larger than announced is a bomb, and an unreadable file is broken."""
    grid = inspect(FILES["grid"])
    with pytest.raises(PictureBombError):
        decode(replace(grid.container, width=10, height=10), grid.picture_format)
    for name in ("avif", "heic"):
        inspected = inspect(FILES[name])
        with pytest.raises(BrokenPictureError):
            decode(replace(inspected.container, stripped=b"nothing"), inspected.picture_format)


def test_a_photo_of_48_megapixels_is_within_the_limits() -> None:
    """8064×6048 pixels in tiles, as current phones take them, are accepted."""
    inspected = inspect(grid_heic(scene(128, 128), 63, 48, size=(8064, 6048)))
    assert (inspected.container.width, inspected.container.height) == (8064, 6048)


async def test_a_result_in_these_formats_is_measured(processor: ImageProcessor) -> None:
    """HEIC and AVIF results are measured like any other."""
    assert await processor.measure(FILES["avif"]) == Measured(media_type="image/avif", width=48, height=32)
    assert await processor.measure(FILES["grid"]) == Measured(media_type="image/heic", width=160, height=100)


@pytest.mark.parametrize(
    ("brands", "heic_like", "avif_like"),
    [
        (b"heic\0\0\0\0mif1heic", True, False),
        (b"heix\0\0\0\0", True, False),
        (b"mif1\0\0\0\0mif1heic", True, False),
        (b"mif1\0\0\0\0mif1miafMA1Bavif", False, True),
        (b"avis\0\0\0\0", False, True),
        (b"mif1\0\0\0\0mif1", False, False),
        (b"isom\0\0\0\0heic", False, False),
        (b"", False, False),
    ],
)
def test_brands_decide_the_format(brands: bytes, heic_like: bool, avif_like: bool) -> None:
    """The major brand decides; if it is generic, the compatible brands do."""
    head = box(b"ftyp", brands)
    assert (accepts_heic(head), accepts_avif(head)) == (heic_like, avif_like)


def test_an_icc_profile_takes_precedence() -> None:
    """Where a file has an ICC profile and other colour information, the profile is used."""
    content = heic(scene(), extra_properties=(profile_box(b"a profile"),))
    assert inspect(content).container.profile == b"a profile"
