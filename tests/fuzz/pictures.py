"""Fuzzes the intake with mutated pictures: `python -m tests.fuzz.pictures --seconds 600 --seed 1`.

A case depends on its number alone, so `--seed N --case M` gives the same bytes again. The intake must return a picture
that every gateway accepts, or raise one of our errors, and our parsers must not take more steps or read more bytes than its
size allows. Anything else is a finding, written down with its number and bytes. Before the mutations come the attacks at full size.
"""

import argparse
import asyncio
import contextlib
import io
import logging
import sys
import time
import traceback
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from PIL import Image

from bot.errors import RefusedError, UpstreamError
from bot.images.formats import webp
from bot.images.formats.container import BrokenPictureError, PictureBombError, UnsupportedPictureError
from bot.images.formats.table import recognise
from bot.images.intake import LONGEST_ASPECT, MOST_BYTES, SHORTEST_SIDE
from bot.images.normalise import MOST_PIXELS
from bot.images.processor import ImageProcessor
from bot.images.values import PreparedReference
from tests.fuzz.work import count_steps, counted
from tests.images.attacks import attacks
from tests.images.corpus import bombs, contradictory_files, extreme_sizes, other_files, unusual_pictures, valid_pictures
from tests.images.sample_files import METADATA_TEXT

MOST_CORPUS_BYTES = 100_000
"""Larger files of the corpus show nothing that smaller ones do not."""
PROCESSOR_LOG = logging.getLogger("bot.images.processor")
SMALL_ATTACK = 500
"""Links of an attack to be mutated."""
METADATA_KEYS = frozenset({"exif", "xmp", "comment", "icc_profile", "photoshop", "dpi", "Software"})
SENDABLE = frozenset({"image/png", "image/jpeg", "image/webp"})
NUMBERS = (0, 1, 2, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)


@dataclass(frozen=True)
class Finding:
    """A result that must not happen."""

    seed: int
    case: int
    what: str
    content: bytes


@dataclass
class FuzzResult:
    cases: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    findings: list[Finding] = field(default_factory=list)


def corpus() -> list[bytes]:
    """Return complete files and files with wrong declarations; truncated files leave too little to mutate."""
    hostile = {
        **bombs(),
        **extreme_sizes(),
        **unusual_pictures(),
        **contradictory_files(),
        **other_files(),
        **attacks(SMALL_ATTACK),
    }
    files = [*valid_pictures().values(), *(file.content for file in hostile.values())]
    return sorted({content for content in files if 0 < len(content) <= MOST_CORPUS_BYTES})


def mutate(files: list[bytes], seed: int, case: int) -> bytes:
    rng = Random(f"{seed}:{case}")
    content = bytearray(rng.choice(files))
    for _ in range(rng.choice((1, 1, 1, 2, 3, 5, 8, 20))):
        rng.choice(MUTATIONS)(content, rng, files)
    return _with_valid_checksums(bytes(content)) if rng.random() < 0.7 else bytes(content)


def _with_valid_checksums(content: bytes) -> bytes:
    """Correct the checksums of a PNG: otherwise decoders would stop there."""
    if not content.startswith(b"\x89PNG\r\n\x1a\n"):
        return content
    whole, position = bytearray(content), 8
    while position + 12 <= len(whole):
        end = position + 8 + int.from_bytes(whole[position : position + 4], "big")
        if end + 4 > len(whole):
            break
        whole[end : end + 4] = zlib.crc32(whole[position + 4 : end]).to_bytes(4, "big")
        position = end + 4
    return bytes(whole)


def _flip_bit(content: bytearray, rng: Random, _: list[bytes]) -> None:
    if content:
        content[rng.randrange(len(content))] ^= 1 << rng.randrange(8)


def _change_header(content: bytearray, rng: Random, _: list[bytes]) -> None:
    """Change the beginning of the file, where the headers are."""
    if content:
        content[rng.randrange(min(len(content), 400))] = rng.randrange(256)


def _write_number(content: bytearray, rng: Random, _: list[bytes]) -> None:
    """Write a number that could be prepared for a length or a size."""
    width = rng.choice((1, 2, 4))
    if len(content) > width:
        start = rng.randrange(len(content) - width)
        number = rng.choice(NUMBERS) & (1 << 8 * width) - 1
        content[start : start + width] = number.to_bytes(width, rng.choice(("big", "little")))


def _truncate(content: bytearray, rng: Random, _: list[bytes]) -> None:
    if content:
        del content[rng.randrange(len(content)) :]


def _remove_part(content: bytearray, rng: Random, _: list[bytes]) -> None:
    start = rng.randrange(len(content) + 1)
    del content[start : start + rng.choice((1, 2, 4, 8, 64, 512))]


def _repeat_part(content: bytearray, rng: Random, _: list[bytes]) -> None:
    start = rng.randrange(len(content) + 1)
    part = bytes(content[start : start + rng.choice((1, 4, 12, 64, 512))])
    content[start:start] = part * rng.choice((1, 2, 10, 100))


def _insert_part(content: bytearray, rng: Random, files: list[bytes]) -> None:
    other = rng.choice(files)
    start = rng.randrange(len(other))
    place = rng.randrange(len(content) + 1)
    content[place : place + rng.choice((0, 8, 64))] = other[start : start + rng.choice((4, 16, 64, 1024))]


MUTATIONS: tuple[Callable[[bytearray, Random, list[bytes]], None], ...] = (
    _flip_bit,
    _change_header,
    _change_header,
    _write_number,
    _write_number,
    _truncate,
    _remove_part,
    _repeat_part,
    _insert_part,
)


class _Mistakes(logging.Handler):
    """Collects what the image processor logs as a mistake of ours."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.found: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.found.append(f"{record.getMessage()}: {record.__dict__.get('detail')}")


def work_of(content: bytes) -> int:
    """The steps that parsing takes. Raises TooMuchWorkError."""
    picture_format = recognise(content)
    if picture_format is None:
        return 0
    scan = picture_format.scan

    def parse() -> None:
        with contextlib.suppress(BrokenPictureError, UnsupportedPictureError, PictureBombError):
            scan(counted(content))

    return count_steps(parse, size=len(content))


async def outcome_of(content: bytes, processor: ImageProcessor) -> tuple[str, str | None]:
    """Return how the intake ended, and what is wrong with that."""
    work_of(content)
    with contextlib.suppress(UpstreamError):
        await processor.measure(content)
    try:
        prepared = await processor.prepare_reference(content)
    except RefusedError as error:
        return error.code, None
    return prepared.media_type, _problem(prepared)


def _problem(prepared: PreparedReference) -> str | None:
    with Image.open(io.BytesIO(prepared.content)) as image:
        metadata = sorted(METADATA_KEYS & set(image.info))
        if metadata or image.getexif() or METADATA_TEXT.encode() in _readable_bytes(prepared.content):
            return f"it still contains metadata: {metadata}"
        if image.size != (prepared.width, prepared.height):
            return f"{image.size} is called {prepared.width}x{prepared.height}"
    shorter, longer = sorted((prepared.width, prepared.height))
    within = shorter > SHORTEST_SIDE and longer <= shorter * LONGEST_ASPECT and shorter * longer <= MOST_PIXELS
    if not within or len(prepared.content) > MOST_BYTES or prepared.media_type not in SENDABLE:
        return f"no gateway takes {prepared.media_type} {prepared.width}x{prepared.height} of {len(prepared.content)} bytes"
    return None


def _readable_bytes(content: bytes) -> bytes:
    """Return the bytes that may contain metadata: the coded pixels of a JPEG or WebP are the picture itself, whatever letters they spell."""
    if content.startswith(b"\xff\xd8"):
        return content.partition(b"\xff\xda")[0]
    if content.startswith(b"RIFF"):
        return b"".join(content[start:end] for kind, start, end in webp.chunks(content) if kind not in webp.IMAGE_CHUNKS)
    return content


async def run(seed: int, cases: Iterator[int]) -> FuzzResult:
    files, result, mistakes = corpus(), FuzzResult(), _Mistakes()
    PROCESSOR_LOG.addHandler(mistakes)
    try:
        async with ImageProcessor() as processor:
            for case in cases:
                await _try(processor, seed, case, mutate(files, seed, case), result)
                result.findings += [Finding(seed, case, what, mutate(files, seed, case)) for what in mistakes.found]
                mistakes.found.clear()
    finally:
        PROCESSOR_LOG.removeHandler(mistakes)
    return result


async def _try(processor: ImageProcessor, seed: int, case: int, content: bytes, result: FuzzResult) -> None:
    try:
        outcome, problem = await outcome_of(content, processor)
    except Exception:  # noqa: BLE001  # that nothing else is raised is what is tried here
        outcome, problem = "raised", traceback.format_exc()
    result.cases += 1
    result.outcomes[outcome] += 1
    if problem is not None:
        result.findings.append(Finding(seed, case, problem, content))


async def run_attacks() -> FuzzResult:
    """The attacks as they are, under the same bound."""
    result = FuzzResult()
    async with ImageProcessor() as processor:
        for number, hostile in enumerate(attacks().values()):
            await _try(processor, -1, number, hostile.content, result)
    return result


async def _run_all(seed: int, cases: Iterator[int]) -> FuzzResult:
    first, result = await run_attacks(), await run(seed, cases)
    result.findings = first.findings + result.findings
    return result


def _until(seconds: float) -> Iterator[int]:
    end, case = time.monotonic() + seconds, 0
    while time.monotonic() < end:
        yield case
        case += 1


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.pictures", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--case", type=int, help="only this case")
    parser.add_argument("--found", type=Path, default=Path("fuzz-found"), help="where the bytes of a finding are written")
    chosen = parser.parse_args()
    # Silence our warnings about crashed decoders.
    logging.disable(logging.WARNING)
    cases = iter((chosen.case,)) if chosen.case is not None else _until(chosen.seconds)
    result = asyncio.run(_run_all(chosen.seed, cases))
    outcomes = ", ".join(f"{name} {count}" for name, count in result.outcomes.most_common())
    sys.stdout.write(f"{result.cases} pictures, seed {chosen.seed}: {outcomes}\n")
    for finding in result.findings:
        chosen.found.mkdir(parents=True, exist_ok=True)
        file = chosen.found / f"{finding.seed}-{finding.case}"
        file.write_bytes(finding.content)
        sys.stdout.write(f"\nseed {finding.seed}, case {finding.case}, bytes in {file}:\n{finding.what}\n")
    return 1 if result.findings else 0


if __name__ == "__main__":
    sys.exit(main())
