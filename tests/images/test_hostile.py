"""The whole corpus of hostile files: each is accepted, or refused with the right code."""

import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from PIL import Image

from bot.errors import RefusalCode, RefusedError, UpstreamError
from bot.images.formats.table import FORMATS, MOST_DECODING_BYTES, Format
from bot.images.intake import LONGEST_ASPECT, MOST_BYTES, SHORTEST_SIDE
from bot.images.normalise import MOST_PIXELS
from bot.images.processor import ImageProcessor
from bot.images.values import PreparedReference
from tests.images.attacks import attacks
from tests.images.corpus import (
    Hostile,
    bombs,
    contradictory_files,
    corpus,
    extreme_sizes,
    other_files,
    truncated_files,
    unusual_pictures,
)
from tests.images.heif import grid_heic
from tests.images.sample_files import METADATA_TEXT, decoded, encoded, scene
from tests.images.tiff import deflated

PHONE = (8064, 6048)
"""48 megapixels."""
SLACK_BYTES = 64 * 2**20
"""Memory for the interpreter, the file and the result."""
ROOT = Path(__file__).parents[2]
PROGRAM = """
import resource, sys
from pathlib import Path
from bot.images.intake import inspect, prepare_reference
content = Path(sys.argv[1]).read_bytes()
unit = 1 if sys.platform == "darwin" else 1024
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
prepared = prepare_reference(inspect(content, most_bytes=len(content)))
here = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
used = here + resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
print(used * unit, prepared.width, prepared.height, prepared.media_type)
"""


def assert_any_gateway_takes(prepared: PreparedReference) -> None:
    image = decoded(prepared.content)
    shorter, longer = sorted(image.size)
    assert image.size == (prepared.width, prepared.height)
    assert image.format in {"PNG", "JPEG", "WEBP"}
    assert len(prepared.content) <= MOST_BYTES
    assert shorter > SHORTEST_SIDE
    assert longer <= shorter * LONGEST_ASPECT
    assert image.width * image.height <= MOST_PIXELS
    assert dict(image.getexif()) == {}
    assert METADATA_TEXT.encode() not in prepared.content


async def outcome(processor: ImageProcessor, content: bytes) -> tuple[PreparedReference | None, RefusalCode | None]:
    try:
        return await processor.prepare_reference(content), None
    except RefusedError as error:
        return None, error.refusal


@pytest.mark.parametrize(
    "family",
    [truncated_files, bombs, extreme_sizes, unusual_pictures, contradictory_files, other_files, attacks],
    ids=lambda family: family.__name__,
)
async def test_every_hostile_file_is_accepted_or_refused(family: Callable[[], Mapping[str, Hostile]]) -> None:
    """A refusal has the expected code, and an accepted file becomes what any gateway takes."""
    async with ImageProcessor() as processor:
        for name, hostile in family().items():
            prepared, refusal = await outcome(processor, hostile.content)
            assert (name, refusal) == (name, hostile.refusal)
            if prepared is not None:
                assert_any_gateway_takes(prepared)


async def test_every_hostile_file_can_be_measured_as_a_result() -> None:
    """Measuring a hostile result returns dimensions or raises UpstreamError."""
    async with ImageProcessor() as processor:
        for hostile in [*corpus().values(), *attacks().values()]:
            try:
                measured = await processor.measure(hostile.content)
            except UpstreamError:
                continue
            assert measured.width is not None
            assert measured.height is not None
            assert min(measured.width, measured.height) > 0


def flat(mode: str = "RGB") -> Image.Image:
    """One colour, in the mode that is written: to convert 48 megapixels takes a second."""
    return Image.new("RGB", (1, 1), (90, 120, 60)).convert(mode).resize(PHONE)


def photo(row: Format, *, progressive: bool = False) -> bytes:
    """A 48-megapixel file in this format."""
    match row.name:
        case "JPEG":
            return encoded(flat(), "JPEG", progressive=progressive, subsampling=0 if progressive else 2)
        case "PNG":
            return encoded(flat("RGBA"), "PNG", compress_level=1)
        case "WebP":
            return encoded(flat(), "WEBP", method=0, quality=50)
        case "GIF":
            return encoded(flat("P"), "GIF")
        case "HEIC":
            return grid_heic(scene(320, 320), 26, 19, size=PHONE)
        case "BMP":
            return encoded(flat("P"), "BMP")
        case "TIFF":
            # Four channels of sixteen bits in one strip.
            return deflated(PHONE)
        case _:
            return encoded(flat(), "AVIF", speed=10)


@pytest.mark.parametrize(
    ("row", "progressive"),
    [*((row, False) for row in FORMATS), *((row, True) for row in FORMATS if row.name == "JPEG")],
    ids=lambda value: value.name if isinstance(value, Format) else ("progressive" if value else "baseline"),
)
def test_a_large_photo_is_shrunk_within_the_memory_limit(tmp_path: Path, row: Format, progressive: bool) -> None:
    """48 megapixels become 12, and no format uses more memory than its row states."""
    file = tmp_path / "photo"
    file.write_bytes(photo(row, progressive=progressive))
    # A process inherits its parent's peak memory; the shell in between has almost none.
    command = ["/bin/sh", "-c", '"$@"; exit $?', "sh", sys.executable, "-c", PROGRAM, str(file)]
    output = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    used, width, height, media_type = output.split()

    assert (int(width), int(height)) == (4032, 3024)
    assert media_type == ("image/jpeg" if row.photographic else "image/png")
    assert int(used) <= row.decoder_bytes_per_pixel * PHONE[0] * PHONE[1] + SLACK_BYTES
    assert row.decoder_bytes_per_pixel * row.most_pixels <= MOST_DECODING_BYTES
