"""Mutated pictures through the intake: `python -m tests.fuzz.pictures --seconds 600 --seed 1`.

Each case is made from its own number alone, so that `--seed N --case M` is the same bytes again. Nothing may come out but
a picture any gateway takes, or an error of ours; whatever else does is written down with its number and its bytes.
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
from bot.images.intake import LONGEST_ASPECT, MOST_BYTES, SHORTEST_SIDE, Taken, inspect, take_in
from bot.images.measure import measure
from bot.images.plain import MOST_PIXELS
from tests.images.corpus import bombs, extremes, liars, no_pictures, odd_pictures, whole_pictures
from tests.images.paintings import WORDS

SEED_BYTES = 100_000
"""Larger files of the corpus say nothing that smaller ones do not."""
SLOW_SECONDS = 20.0
TELLING = frozenset({"exif", "xmp", "comment", "icc_profile", "photoshop", "dpi", "Software"})
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
    """Files that are whole, and lies about them: what is cut off already has little left to break."""
    hostile = {**bombs(), **extremes(), **odd_pictures(), **liars(), **no_pictures()}
    files = [*whole_pictures().values(), *(file.content for file in hostile.values())]
    return sorted({content for content in files if 0 < len(content) <= SEED_BYTES})


def mutated(files: list[bytes], seed: int, case: int) -> bytes:
    chance = Random(f"{seed}:{case}")
    content = bytearray(chance.choice(files))
    for _ in range(chance.choice((1, 1, 1, 2, 3, 5, 8, 20))):
        chance.choice(MUTATIONS)(content, chance, files)
    return _summed(bytes(content)) if chance.random() < 0.7 else bytes(content)


def _summed(content: bytes) -> bytes:
    """A PNG with right checksums: nothing behind them would be reached otherwise."""
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


def _early(content: bytearray, chance: Random, _: list[bytes]) -> None:
    """Headers stand at the beginning, and matter most."""
    if content:
        content[chance.randrange(min(len(content), 400))] = chance.randrange(256)


def _number(content: bytearray, chance: Random, _: list[bytes]) -> None:
    """Where a length or a size may stand."""
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
    _early,
    _early,
    _number,
    _number,
    _cut,
    _drop,
    _repeat,
    _splice,
)


def outcome_of(content: bytes) -> tuple[str, str | None]:
    """How it ended, and what is wrong with that."""
    with contextlib.suppress(UpstreamError):
        measure(content)
    try:
        taken = take_in(content, inspect(content))
    except RefusedError as error:
        return error.code, None
    return taken.media_type, _fault(taken)


def _fault(taken: Taken) -> str | None:
    with Image.open(io.BytesIO(taken.content)) as image:
        told = sorted(TELLING & set(image.info))
        if told or image.getexif() or WORDS.encode() in _spoken(taken.content):
            return f"it still tells: {told}"
        if image.size != (taken.width, taken.height):
            return f"{image.size} is called {taken.width}x{taken.height}"
    shorter, longer = sorted((taken.width, taken.height))
    within = shorter > SHORTEST_SIDE and longer <= shorter * LONGEST_ASPECT and shorter * longer <= MOST_PIXELS
    if not within or len(taken.content) > MOST_BYTES or taken.media_type not in SENDABLE:
        return f"no gateway takes {taken.media_type} {taken.width}x{taken.height} of {len(taken.content)} bytes"
    return None


def _spoken(content: bytes) -> bytes:
    """What a reader of the file may show. The coefficients of a JPEG are the picture itself, whatever letters they spell."""
    return content.partition(b"\xff\xda")[0] if content.startswith(b"\xff\xd8") else content


def run(seed: int, cases: Iterator[int]) -> Tally:
    files, tally = seeds(), Tally()
    for case in cases:
        content = mutated(files, seed, case)
        started = time.monotonic()
        try:
            ending, fault = outcome_of(content)
        except Exception:  # noqa: BLE001  # that nothing else is raised is what is tried here
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
    # Pillow says what it thinks of each broken EXIF, we of each crash of a decoder apart.
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
