"""HEIC and AVIF: what phones and browsers make, as any gateway takes it."""

from collections.abc import AsyncIterator

import pytest
from PIL import Image

from bot.errors import RefusalCode, RefusedError
from bot.images.formats.container import BrokenPictureError, OverloadedPictureError
from bot.images.formats.heif import accepts_avif, accepts_heic
from bot.images.intake import inspect
from bot.images.measure import Measured
from bot.images.processor import ImageProcessor
from bot.images.subprocess_decoder import decode_in_subprocess, environment
from tests.images import hevc
from tests.images.heif import Layout, box, decoder, extent, grid_heic, heic, mirrored, profile_box, quarter_turns, written
from tests.images.paintings import ORIENTATION, WORDS, encoded, exif, glass, opened, scene, swapped_profile

T = Image.Transpose


@pytest.fixture
async def processor() -> AsyncIterator[ImageProcessor]:
    async with ImageProcessor() as opened_studio:
        yield opened_studio


async def refusal(processor: ImageProcessor, content: bytes) -> RefusalCode:
    with pytest.raises(RefusedError) as caught:
        await processor.take_in(content)
    return caught.value.refusal


def farthest(one: Image.Image, other: Image.Image) -> int:
    assert one.size == other.size
    pairs = zip(one.convert("RGB").tobytes(), other.convert("RGB").tobytes(), strict=True)
    return max(abs(left - right) for left, right in pairs)


FILES = {
    "heic": heic(scene(), exif=exif(6)),
    "grid": grid_heic(scene(64, 64), 3, 2, size=(160, 100), exif=exif(3)),
    "heic in common": heic(scene(), brand=b"mif1"),
    "avif": encoded(scene(), "AVIF", quality=95, subsampling="4:4:4", xmp=WORDS.encode()),
    "moving avif": encoded(scene(), "AVIF", save_all=True, append_images=[scene().rotate(90), glass()]),
}


@pytest.mark.parametrize("name", sorted(FILES))
async def test_a_phones_photo_becomes_a_jpeg(processor: ImageProcessor, name: str) -> None:
    """Every gateway takes those; nothing that was attached comes along."""
    taken = await processor.take_in(FILES[name])
    image = opened(taken.content)
    assert (taken.media_type, taken.changed, image.format) == ("image/jpeg", True, "JPEG")
    assert (image.size, (taken.width, taken.height)) == (image.size, image.size)
    assert image.size == ((160, 100) if name == "grid" else (48, 32))
    assert dict(image.getexif()) == {}
    assert set(image.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
    assert WORDS.encode() not in taken.content


async def test_the_colours_are_the_photos(processor: ImageProcessor) -> None:
    """As near as its coding allows."""
    for name in ("heic", "avif"):
        assert farthest(opened((await processor.take_in(FILES[name])).content), scene()) <= 24


@pytest.mark.parametrize("content", [heic(glass()), encoded(glass(), "AVIF", quality=95)], ids=["heic", "avif"])
async def test_transparency_becomes_a_png(processor: ImageProcessor, content: bytes) -> None:
    """A JPEG would fill the see-through half."""
    taken = await processor.take_in(content)
    image = opened(taken.content)
    assert (taken.media_type, image.mode, image.size) == ("image/png", "RGBA", (48, 32))
    assert [image.getchannel("A").getpixel((x, 16)) for x in (5, 40)] == [0, 255]


@pytest.mark.parametrize(
    ("notes", "seen"),
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
@pytest.mark.parametrize("lie", [None, 1, 6])
async def test_a_turn_is_obeyed_once(
    processor: ImageProcessor, notes: tuple[bytes, ...], seen: Image.Image, lie: int | None
) -> None:
    """The file's own turns count, in their order; what EXIF says beside them does not."""
    taken = await processor.take_in(heic(scene(), notes=notes, exif=None if lie is None else exif(lie)))
    image = opened(taken.content)
    assert (taken.width, taken.height) == seen.size
    assert farthest(image, seen) <= 24
    assert ORIENTATION not in image.getexif()


@pytest.mark.parametrize("orientation", range(1, 9))
async def test_every_way_to_hold_a_camera_as_avif(processor: ImageProcessor, orientation: int) -> None:
    """Its encoder writes an orientation as turns; here it is a note about how to show it, as everywhere."""
    turns = {2: T.FLIP_LEFT_RIGHT, 3: T.ROTATE_180, 4: T.FLIP_TOP_BOTTOM, 5: T.TRANSPOSE}
    turns |= {6: T.ROTATE_90, 7: T.TRANSVERSE, 8: T.ROTATE_270}
    stored = scene() if orientation == 1 else scene().transpose(turns[orientation])
    content = encoded(stored, "AVIF", quality=95, subsampling="4:4:4", exif=exif(orientation))
    assert farthest(opened((await processor.take_in(content)).content), scene()) <= 24


async def test_a_profile_is_obeyed(processor: ImageProcessor) -> None:
    """Phones write wider colours than a screen's."""
    red = Image.new("RGB", (64, 64), (200, 0, 0))
    for content in (heic(red, profile=swapped_profile()), encoded(red, "AVIF", icc_profile=swapped_profile())):
        taken = await processor.take_in(content)
        channels: tuple[int, ...] = opened(taken.content).getpixel((30, 30))  # type: ignore[assignment]
        assert (channels[0] < 30, channels[1] > 180, channels[2] < 30) == (True, True, True)


@pytest.mark.parametrize("name", sorted(FILES))
async def test_a_photo_that_was_cut_off_is_refused(processor: ImageProcessor, name: str) -> None:
    """At every tenth, and one byte before its end."""
    content = FILES[name]
    cuts = [len(content) * tenth // 10 for tenth in range(1, 10)] + [len(content) - 1]
    assert [await refusal(processor, content[:cut]) for cut in cuts] == [RefusalCode.REF_UNREADABLE] * 10


def lying(parameters: tuple[int, int]) -> bytes:
    """The size is one thing, what the decoder is told another."""
    layout = Layout()
    main = layout.add(b"hvc1", hevc.slices(scene(64, 64)), extent(64, 64), decoder(*parameters))
    return written(layout, main, b"heic")


def endless_tiles() -> bytes:
    """A picture of four tiles, each of which is as large as the picture should be, many times over."""
    content = grid_heic(scene(64, 64), 20, 20, size=(80, 80))
    return content.replace(extent(64, 64), extent(1600, 1600))


def same_bytes_again_and_again() -> bytes:
    """Many items in one place: each would be read."""
    return grid_heic(Image.new("RGB", (512, 512)), 30, 30)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (heic(scene(), claimed=(30_000, 30_000)), RefusalCode.REF_BOMB),
        (grid_heic(scene(64, 64), 2, 2, claimed=(20_000, 20_000)), RefusalCode.REF_BOMB),
        (grid_heic(scene(64, 64), 2, 2, size=(8064, 6048)), RefusalCode.REF_UNREADABLE),
        (heic(scene(64, 64), claimed=(640, 640)), RefusalCode.REF_UNREADABLE),
        (lying((16_384, 16_384)), RefusalCode.REF_UNREADABLE),
        (endless_tiles(), RefusalCode.REF_BOMB),
        (same_bytes_again_and_again(), RefusalCode.REF_BOMB),
        (heic(scene(10, 60)), RefusalCode.REF_TOO_SMALL),
        (heic(scene(640, 32)), RefusalCode.REF_BAD_ASPECT),
        (heic(scene()).replace(b"hvc1", b"jpeg"), RefusalCode.REF_UNREADABLE),
        (heic(scene()).replace(b"pitm", b"free"), RefusalCode.REF_UNREADABLE),
        (heic(scene()).replace(b"ispe", b"free"), RefusalCode.REF_UNREADABLE),
        (heic(scene()).replace(b"iloc", b"free"), RefusalCode.REF_UNREADABLE),
        (heic(scene()).replace(b"hvcC", b"free"), RefusalCode.REF_UNREADABLE),
        (heic(scene()).replace(b"meta", b"moov"), RefusalCode.REF_UNREADABLE),
        (box(b"ftyp", b"heic", bytes(4)), RefusalCode.REF_UNREADABLE),
        (FILES["avif"].replace(extent(48, 32), extent(30_000, 30_000)), RefusalCode.REF_BOMB),
        (FILES["avif"].replace(b"av01", b"hvc1"), RefusalCode.REF_UNREADABLE),
        (FILES["avif"].replace(b"av1C", b"free"), RefusalCode.REF_UNREADABLE),
        (FILES["moving avif"].replace(b"meta", b"free", 1), RefusalCode.REF_UNREADABLE),
    ],
)
async def test_a_photo_that_lies_is_refused(processor: ImageProcessor, content: bytes, code: RefusalCode) -> None:
    """By what it says of itself where that is enough, else by what comes of it."""
    assert await refusal(processor, content) == code


async def test_what_a_camera_adds_behind_the_picture_is_nobodys_business(processor: ImageProcessor) -> None:
    """Some phones append boxes and bytes of their own."""
    for tail in (box(b"sefd", bytes(90)), b"\xff\xff\xff\xff\x00SEFT\x00\x00", bytes(5)):
        assert (await processor.take_in(FILES["heic"] + tail)).media_type == "image/jpeg"


async def test_a_library_that_crashes_takes_nobody_along(processor: ImageProcessor, caplog: pytest.LogCaptureFixture) -> None:
    """An item whose kind is no text ends pi-heif's process at once; ours goes on, and refuses the file."""
    photo = heic(scene(), exif=exif(6))
    assert await refusal(processor, photo.replace(b"Exif", b"Exi\xff", 1)) == RefusalCode.REF_UNREADABLE
    assert "the HEIF decoder ended with -11" in caplog.text
    assert (await processor.take_in(photo)).media_type == "image/jpeg"


def test_a_decoder_apart_knows_nothing_of_us() -> None:
    """What it inherits could be read out by whoever takes it over."""
    ours = {"DISCORD_TOKEN": "secret", "ARK_API_KEY": "secret", "HOME": "/home/bot", "PATH": "/bin"}
    assert set(environment(ours)) == {"PATH", "PYTHONPATH"}


def test_a_decoder_apart_has_no_more_room_than_it_may() -> None:
    """A picture that turns out larger than it was said to be is given up."""
    with pytest.raises(OverloadedPictureError):
        decode_in_subprocess(FILES["grid"], "HEIF", 100)
    with pytest.raises(BrokenPictureError):
        decode_in_subprocess(b"nothing", "AVIF", 100)


def test_a_photo_of_forty_eight_megapixels_is_within_the_limits() -> None:
    """As today's phones take them: 8064×6048, in tiles."""
    inspected = inspect(grid_heic(scene(128, 128), 63, 48, size=(8064, 6048)))
    assert (inspected.container.width, inspected.container.height) == (8064, 6048)


async def test_a_result_in_these_formats_is_measured(processor: ImageProcessor) -> None:
    """A gateway may send them as well."""
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
def test_brands(brands: bytes, heic_like: bool, avif_like: bool) -> None:
    """The first one decides; where it says no more than HEIF, the others do."""
    head = box(b"ftyp", brands)
    assert (accepts_heic(head), accepts_avif(head)) == (heic_like, avif_like)


def test_a_profile_may_stand_beside_other_colours() -> None:
    """A file has both at times: the profile says more."""
    content = heic(scene(), notes=(profile_box(b"a profile"),))
    assert inspect(content).container.profile == b"a profile"
