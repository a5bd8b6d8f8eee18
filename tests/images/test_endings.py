"""A picture whose file ends too early, or with other data, is used if all of its pixels are there."""

import pytest
from PIL import Image

from bot.errors import RefusalCode, RefusedError, UpstreamError
from bot.images.processor import ImageProcessor
from tests.images.corpus import corpus
from tests.images.sample_files import METADATA_TEXT, decoded, encoded, largest_difference, noise

PHOTO = noise(96, 64)
OPTIONS: list[dict[str, object]] = [{}, {"progressive": True}, {"restart_marker_blocks": 2}, {"subsampling": 0, "quality": 95}]


def jpeg(options: dict[str, object]) -> bytes:
    return encoded(PHOTO, "JPEG", **options)


@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize(
    "end", [b"", b"\xff", bytes(40), METADATA_TEXT.encode(), b"\xff\xe1\0\x40abc", b"\xff\xd8\xff\xdb", b"\xff\xc0\0\x08abc"]
)
async def test_a_jpeg_with_something_else_in_place_of_its_end_is_whole(
    processor: ImageProcessor, options: dict[str, object], end: bytes
) -> None:
    """The panoramas of some phones end so; nothing of what stands there is sent."""
    whole = jpeg(options)

    prepared = await processor.prepare_reference(whole.removesuffix(b"\xff\xd9") + end)

    assert prepared.media_type == "image/jpeg"
    assert METADATA_TEXT.encode() not in prepared.content
    assert largest_difference(decoded(prepared.content), decoded(whole)) <= 20


@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("end", [b"", b"\xff\xd9"[:1], b"\xff\xd8\xff\xdb"])
async def test_a_jpeg_that_is_cut_in_its_picture_is_refused(
    processor: ImageProcessor, options: dict[str, object], end: bytes
) -> None:
    """Its decoder would fill the rest with grey."""
    whole = jpeg(options)

    for cut in range(40, len(whole) // 3, len(whole) // 20):
        with pytest.raises(RefusedError) as caught:
            await processor.prepare_reference(whole[:-cut] + end)
        assert caught.value.refusal is RefusalCode.REF_UNREADABLE


@pytest.mark.parametrize(
    ("kind", "dropped", "added"),
    [
        ("PNG", 12, b""),
        ("PNG", 5, b""),
        ("PNG", 12, b"\0\0\0\x40tEXtab"),
        ("PNG", 12, bytes(4)),
        ("GIF", 1, b""),
        ("GIF", 1, bytes(9)),
        ("GIF", 1, bytes(900) + b";"),
    ],
)
async def test_a_picture_without_its_end_mark_is_whole(processor: ImageProcessor, kind: str, dropped: int, added: bytes) -> None:
    """All of its blocks are there."""
    whole = encoded(PHOTO, kind)

    prepared = await processor.prepare_reference(whole[:-dropped] + added)

    assert prepared.media_type == "image/png"
    assert decoded(prepared.content).convert("RGB").tobytes() == decoded(whole).convert("RGB").tobytes()


@pytest.mark.parametrize("cut", [13, 14, 200, 3000])
async def test_a_png_that_is_cut_in_its_pixels_is_refused(processor: ImageProcessor, cut: int) -> None:
    """Also if what is left is a complete part of them."""
    whole = encoded(PHOTO, "PNG")

    with pytest.raises(RefusedError) as caught:
        await processor.prepare_reference(whole[:-cut])

    assert caught.value.refusal is RefusalCode.REF_UNREADABLE


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF"])
async def test_a_result_without_its_end_is_downloaded_again(processor: ImageProcessor, kind: str) -> None:
    """A download that was cut looks the same."""
    whole = encoded(PHOTO, kind)

    with pytest.raises(UpstreamError) as caught:
        await processor.measure(whole.removesuffix(b";").removesuffix(b"\xff\xd9").removesuffix(whole[-12:]))

    assert caught.value.retryable


@pytest.mark.parametrize(
    ("name", "size"),
    [("turned.heic", (64, 64)), ("laid over.heic", (96, 80)), ("two pages.tiff", (48, 32)), ("runs.bmp", (48, 32))],
)
async def test_the_first_picture_of_an_unusual_file(processor: ImageProcessor, name: str, size: tuple[int, int]) -> None:
    """It has the size of the picture that a viewer shows."""
    prepared = await processor.prepare_reference(corpus()[name].content)

    assert (prepared.width, prepared.height) == size


@pytest.mark.parametrize("name", ["tone map.heic", "jpeg inside.tiff", "fax.tiff", "floats.tiff", "jpeg inside.bmp"])
async def test_a_whole_file_of_an_unknown_kind_is_not_called_damaged(processor: ImageProcessor, name: str) -> None:
    """The words say that this kind cannot be opened."""
    with pytest.raises(RefusedError) as caught:
        await processor.prepare_reference(corpus()[name].content)

    assert caught.value.refusal is RefusalCode.REF_BAD_FORMAT
    assert caught.value.parameters == {"found": name.rpartition(".")[2].upper(), "variant": "kind"}


@pytest.mark.parametrize(
    ("mode", "options"),
    [(mode, options) for mode in ("RGB", "RGBA", "L", "1", "P", "LA", "CMYK") for options in ({}, {"compression": "tiff_lzw"})]
    + [("RGB", {"compression": "tiff_adobe_deflate"}), ("RGB", {"compression": "packbits"})],
)
async def test_every_tiff_of_a_usual_program_is_taken(processor: ImageProcessor, mode: str, options: dict[str, object]) -> None:
    """As a PNG with the same pixels."""
    image = PHOTO.convert(mode)

    prepared = await processor.prepare_reference(encoded(image, "TIFF", **options))

    assert prepared.media_type == "image/png"
    assert largest_difference(decoded(prepared.content), image.convert("RGB")) == 0


@pytest.mark.parametrize("mode", ["RGB", "L", "1", "P"])
async def test_every_bmp_of_a_usual_program_is_taken(processor: ImageProcessor, mode: str) -> None:
    """As a PNG with the same pixels."""
    image = PHOTO.convert(mode)

    prepared = await processor.prepare_reference(encoded(image, "BMP"))

    assert prepared.media_type == "image/png"
    assert largest_difference(decoded(prepared.content), image.convert("RGB")) == 0


async def test_a_transparent_tiff_stays_transparent(processor: ImageProcessor) -> None:
    image = Image.new("RGBA", (40, 30), (200, 10, 10, 90))

    prepared = await processor.prepare_reference(encoded(image, "TIFF"))

    assert decoded(prepared.content).getpixel((5, 5)) == (200, 10, 10, 90)
