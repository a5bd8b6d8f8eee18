"""Fuzzes everything that reads or shows text of members and gateways."""

from collections.abc import Iterator
from functools import partial
from random import Random

from tests.fakes.texts import UNUSUAL
from tests.fuzz import checking
from tests.fuzz.pictures import FuzzResult
from tests.text.hostile import BEGINNINGS, REPEATED
from tests.text.readers import READERS

LENGTHS = (1, 12, 100, 900, 4_000, 10_000, 40_000)
FRAGMENTS = (*REPEATED, *UNUSUAL)


def run(seed: int, cases: Iterator[int], *, timed: bool = False) -> FuzzResult:
    return checking.run(READERS, write, seed, cases, timed=timed)


def write(rng: Random, name: str) -> str:
    """Fragments in any order, or one row of them again and again, perhaps with something else behind."""
    del name
    length = rng.choice(LENGTHS)
    piece = "".join(_fragment(rng) for _ in range(rng.choice((1, 1, 2, 3, 5))))
    if rng.random() < 0.6:
        text = piece * (length // len(piece) + 1)
    else:
        pieces = [_fragment(rng) for _ in range(20)]
        text = "".join(rng.choice(pieces) for _ in range(length // 4 + 1))
    end = _fragment(rng) if rng.random() < 0.3 else ""
    return (rng.choice(BEGINNINGS) + text)[: max(1, length - len(end))] + end


def _fragment(rng: Random) -> str:
    if rng.random() < 0.8:
        return rng.choice(FRAGMENTS)
    return chr(rng.choice((rng.randrange(0x80), rng.randrange(0x3000), rng.randrange(0x110000))))


run_timed = partial(run, timed=True)
