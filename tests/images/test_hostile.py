"""The whole corpus through the intake: used, or refused with the code that says what is wrong."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from bot.errors import RefusalCode, RefusedError, UpstreamError
from bot.images.formats.table import FORMATS, MOST_DECODING_BYTES, Format
from bot.images.intake import LONGEST_ASPECT, MOST_BYTES, SHORTEST_SIDE, Taken
from bot.images.plain import MOST_PIXELS
from bot.images.processor import ImageProcessor
from tests.images.corpus import Hostile, bombs, corpus, cut_off, extremes, liars, no_pictures, odd_pictures
from tests.images.heif import grid_heic
from tests.images.paintings import WORDS, encoded, opened, scene

PHONE = (8064, 6048)
"""48 megapixels."""
SLACK_BYTES = 64 * 2**20
"""For an interpreter, the file and what is made of it."""
ROOT = Path(__file__).parents[2]
PROGRAM = """
import resource, sys
from pathlib import Path
from bot.images.intake import inspect, take_in
content = Path(sys.argv[1]).read_bytes()
unit = 1 if sys.platform == "darwin" else 1024
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
taken = take_in(content, inspect(content))
here = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
print((here + resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss) * unit, taken.width, taken.height, taken.media_type)
"""


def assert_any_gateway_takes(taken: Taken) -> None:
    image = opened(taken.content)
    shorter, longer = sorted(image.size)
    assert image.size == (taken.width, taken.height)
    assert image.format in {"PNG", "JPEG", "WEBP"}
    assert len(taken.content) <= MOST_BYTES
    assert shorter > SHORTEST_SIDE
    assert longer <= shorter * LONGEST_ASPECT
    assert image.width * image.height <= MOST_PIXELS
    assert dict(image.getexif()) == {}
    assert WORDS.encode() not in taken.content


async def outcome(processor: ImageProcessor, content: bytes) -> tuple[Taken | None, RefusalCode | None]:
    try:
        return await processor.take_in(content), None
    except RefusedError as error:
        return None, error.refusal


@pytest.mark.parametrize(
    "family", [cut_off, bombs, extremes, odd_pictures, liars, no_pictures], ids=lambda family: family.__name__
)
async def test_every_hostile_file_is_used_or_refused(family: Callable[[], dict[str, Hostile]]) -> None:
    """With the one code that is true of it; whatever is used is what any gateway takes."""
    async with ImageProcessor() as processor:
        for name, hostile in family().items():
            taken, refusal = await outcome(processor, hostile.content)
            assert (name, refusal) == (name, hostile.refusal)
            if taken is not None:
                assert_any_gateway_takes(taken)


async def test_every_hostile_file_as_a_result() -> None:
    """A gateway's answer is read as carefully: measured, or one kind of error."""
    async with ImageProcessor() as processor:
        for hostile in corpus().values():
            try:
                measured = await processor.measure(hostile.content)
            except UpstreamError:
                continue
            assert min(measured.width, measured.height) > 0


def flat() -> Image.Image:
    return Image.new("RGB", PHONE, (90, 120, 60))


def photo(row: Format, *, progressive: bool = False) -> bytes:
    """As large as today's phones make them, in this format."""
    match row.name:
        case "JPEG":
            return encoded(flat(), "JPEG", progressive=progressive, subsampling=0 if progressive else 2)
        case "PNG":
            return encoded(flat().convert("RGBA"), "PNG", compress_level=1)
        case "WebP":
            return encoded(flat(), "WEBP", method=0, quality=50)
        case "GIF":
            return encoded(flat().convert("P"), "GIF")
        case "HEIC":
            return grid_heic(scene(320, 320), 26, 19, size=PHONE)
        case _:
            return encoded(flat(), "AVIF", speed=10)


@pytest.mark.parametrize(
    ("row", "progressive"),
    [*((row, False) for row in FORMATS), *((row, True) for row in FORMATS if row.name == "JPEG")],
    ids=lambda value: value.name if isinstance(value, Format) else ("progressive" if value else "plain"),
)
def test_a_phones_photo_is_shrunk_within_the_stated_memory(tmp_path: Path, row: Format, progressive: bool) -> None:
    """Forty-eight megapixels become twelve, and no format holds more of our memory than its row says."""
    file = tmp_path / "photo"
    file.write_bytes(photo(row, progressive=progressive))
    # A process's high-water mark starts with its parent's: the shell between us has next to none.
    command = ["/bin/sh", "-c", '"$@"; exit $?', "sh", sys.executable, "-c", PROGRAM, str(file)]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    held, width, height, media_type = said.split()

    assert (int(width), int(height)) == (4032, 3024)
    assert media_type == ("image/jpeg" if row.photographic else "image/png")
    assert int(held) <= row.decoding_bytes * PHONE[0] * PHONE[1] + SLACK_BYTES
    assert row.decoding_bytes * row.most_pixels <= MOST_DECODING_BYTES
