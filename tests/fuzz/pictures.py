"""Prepares mutated pictures: `python -m tests.fuzz.pictures --seconds 600 --seed 1`.

Each case is derived from its number alone, so that `--seed N --case M` gives the same bytes again. Each must end in a
picture that any gateway takes or in an error of ours; everything else is reported with its number and its bytes.
"""

import argparse
import contextlib
import io
import logging
import sys
import time
import traceback
import warnings
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from PIL import Image

from bot.errors import RefusedError, UpstreamError
from bot.images.intake import LONGEST_ASPECT, MOST_BYTES, SHORTEST_SIDE, PreparedReference, inspect, prepare_reference
from bot.images.measure import measure
from bot.images.normalise import MOST_PIXELS
from tests.images.corpus import bombs, contradictory_files, extreme_sizes, other_files, unusual_pictures, valid_pictures
from tests.images.sample_files import METADATA_TEXT

SEED_BYTES = 100_000
"""Larger files of the corpus find nothing that smaller ones do not."""
SLOW_SECONDS = 20.0
METADATA_KEYS = frozenset({"exif", "xmp", "comment", "icc_profile", "photoshop", "dpi", "Software"})
SENDABLE = frozenset({"image/png", "image/jpeg", "image/webp"})
NUMBERS = (0, 1, 2, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)


@dataclass(frozen=True)
class Finding:
    """Something that must not happen."""

    seed: int
    case: int
    what: str
    content: bytes


@dataclass
class Tally:
    cases: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    findings: list[Finding] = field(default_factory=list)


def seeds() -> list[bytes]:
    """Valid and hostile files, without the truncated ones, of which little is left to mutate."""
    hostile = {**bombs(), **extreme_sizes(), **unusual_pictures(), **contradictory_files(), **other_files()}
    files = [*valid_pictures().values(), *(file.content for file in hostile.values())]
    return sorted({content for content in files if 0 < len(content) <= SEED_BYTES})


def mutated(files: list[bytes], seed: int, case: int) -> bytes:
    chance = Random(f"{seed}:{case}")
    content = bytearray(chance.choice(files))
    for _ in range(chance.choice((1, 1, 1, 2, 3, 5, 8, 20))):
        chance.choice(MUTATIONS)(content, chance, files)
    return _with_checksums(bytes(content)) if chance.random() < 0.7 else bytes(content)


def _with_checksums(content: bytes) -> bytes:
    """A PNG with correct checksums, without which the parser would stop early."""
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


def _flip(content: bytearray, chance: Random, _: list[bytes]) -> None:
    if content:
        content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)


def _flip_header(content: bytearray, chance: Random, _: list[bytes]) -> None:
    """Change a byte near the beginning, where headers are."""
    if content:
        content[chance.randrange(min(len(content), 400))] = chance.randrange(256)


def _number(content: bytearray, chance: Random, _: list[bytes]) -> None:
    """Overwrite what may be a length or a size with a boundary value."""
    width = chance.choice((1, 2, 4))
    if len(content) > width:
        start = chance.randrange(len(content) - width)
        number = chance.choice(NUMBERS) & (1 << 8 * width) - 1
        content[start : start + width] = number.to_bytes(width, chance.choice(("big", "little")))


def _cut(content: bytearray, chance: Random, _: list[bytes]) -> None:
    if content:
        del content[chance.randrange(len(content)) :]


def _drop(content: bytearray, chance: Random, _: list[bytes]) -> None:
    start = chance.randrange(len(content) + 1)
    del content[start : start + chance.choice((1, 2, 4, 8, 64, 512))]


def _repeat(content: bytearray, chance: Random, _: list[bytes]) -> None:
    start = chance.randrange(len(content) + 1)
    part = bytes(content[start : start + chance.choice((1, 4, 12, 64, 512))])
    content[start:start] = part * chance.choice((1, 2, 10, 100))


def _splice(content: bytearray, chance: Random, files: list[bytes]) -> None:
    other = chance.choice(files)
    start = chance.randrange(len(other))
    place = chance.randrange(len(content) + 1)
    content[place : place + chance.choice((0, 8, 64))] = other[start : start + chance.choice((4, 16, 64, 1024))]


MUTATIONS: tuple[Callable[[bytearray, Random, list[bytes]], None], ...] = (
    _flip,
    _flip_header,
    _flip_header,
    _number,
    _number,
    _cut,
    _drop,
    _repeat,
    _splice,
)


def outcome_of(content: bytes) -> tuple[str, str | None]:
    """How a file ended, and what is wrong with that, if anything is."""
    with contextlib.suppress(UpstreamError):
        measure(content)
    try:
        prepared = prepare_reference(inspect(content))
    except RefusedError as error:
        return error.code, None
    return prepared.media_type, _fault(prepared)


def _fault(prepared: PreparedReference) -> str | None:
    with Image.open(io.BytesIO(prepared.content)) as image:
        kept = sorted(METADATA_KEYS & set(image.info))
        if kept or image.getexif() or METADATA_TEXT.encode() in _metadata_part(prepared.content):
            return f"metadata left: {kept}"
        if image.size != (prepared.width, prepared.height):
            return f"{image.size} is called {prepared.width}x{prepared.height}"
    shorter, longer = sorted((prepared.width, prepared.height))
    within = shorter > SHORTEST_SIDE and longer <= shorter * LONGEST_ASPECT and shorter * longer <= MOST_PIXELS
    if not within or len(prepared.content) > MOST_BYTES or prepared.media_type not in SENDABLE:
        return f"no gateway takes {prepared.media_type} {prepared.width}x{prepared.height} of {len(prepared.content)} bytes"
    return None


def _metadata_part(content: bytes) -> bytes:
    """The part of a file that can hold metadata: the scan data of a JPEG may spell any text by chance."""
    return content.partition(b"\xff\xda")[0] if content.startswith(b"\xff\xd8") else content


def run(seed: int, cases: Iterator[int]) -> Tally:
    files, tally = seeds(), Tally()
    for case in cases:
        content = mutated(files, seed, case)
        started = time.monotonic()
        try:
            ending, fault = outcome_of(content)
        except Exception:  # noqa: BLE001  # no other exception may be raised
            ending, fault = "raised", traceback.format_exc()
        if fault is None and time.monotonic() - started > SLOW_SECONDS:
            fault = f"it took {time.monotonic() - started:.0f} s"
        tally.cases += 1
        tally.outcomes[ending] += 1
        if fault is not None:
            tally.findings.append(Finding(seed, case, fault, content))
    return tally


def _until(seconds: float) -> Iterator[int]:
    end, case = time.monotonic() + seconds, 0
    while time.monotonic() < end:
        yield case
        case += 1


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.pictures", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--case", type=int, help="this one alone")
    parser.add_argument("--found", type=Path, default=Path("fuzz-found"), help="where the bytes of a finding are written")
    chosen = parser.parse_args()
    # Pillow warns of each malformed EXIF, and we log each crash of a child process.
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    tally = run(chosen.seed, iter((chosen.case,)) if chosen.case is not None else _until(chosen.seconds))
    outcomes = ", ".join(f"{name} {count}" for name, count in tally.outcomes.most_common())
    sys.stdout.write(f"{tally.cases} pictures, seed {chosen.seed}: {outcomes}\n")
    for finding in tally.findings:
        chosen.found.mkdir(parents=True, exist_ok=True)
        file = chosen.found / f"{finding.seed}-{finding.case}"
        file.write_bytes(finding.content)
        sys.stdout.write(f"\nseed {finding.seed}, case {finding.case}, bytes in {file}:\n{finding.what}\n")
    return 1 if tally.findings else 0


if __name__ == "__main__":
    sys.exit(main())
