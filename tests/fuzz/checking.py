"""What is expected of whatever reads foreign text: an answer, for work in proportion to the length."""

import sys
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from random import Random

from tests.fuzz.pictures import Finding, FuzzResult
from tests.text.work import Read, counted

WORK_PER_CHARACTER = 400
"""Most readers need a tenth; httpx reads an unusual address slowly."""
SETUP = 150_000
"""For one message of the bot, which is cut to its length in a few tries."""
PROCESSOR_S_PER_CHARACTER = 10e-6
PROCESSOR_SETUP_S = 0.05
TRIES = 3
"""How often a slow reading is repeated before it is believed."""
Write = Callable[[Random, str], str]
"""A text for the reader of this name."""


def run(readers: Mapping[str, Read], write: Write, seed: int, cases: Iterator[int], *, timed: bool) -> FuzzResult:
    """`timed`: also bound the processor's time, in which the work inside of patterns and of the library is seen."""
    result = FuzzResult()
    for reader in readers.values():
        # What is loaded by the first reading is no work of a case.
        reader("a")
    for case in cases:
        name, text = case_of(readers, write, seed, case)
        problem = problem_of(readers[name], text, timed=timed)
        result.cases += 1
        result.outcomes[name] += 1
        if problem is not None:
            result.findings.append(Finding(seed, case, f"{name}: {problem}", text.encode("utf-8", "surrogatepass")))
    return result


def case_of(readers: Mapping[str, Read], write: Write, seed: int, case: int) -> tuple[str, str]:
    """The reader and the text of a case, from its number alone."""
    rng = Random(f"{seed}:{case}")
    name = rng.choice(sorted(readers))
    return name, write(rng, name)


def problem_of(read: Read, text: str, *, timed: bool) -> str | None:
    try:
        work = counted(lambda: read(text))
        if work > WORK_PER_CHARACTER * len(text) + SETUP:
            return f"{work} steps for {len(text)} characters"
        spent_s = _processor_s(read, text) if timed else 0.0
    except Exception:  # noqa: BLE001  # that nothing is raised is what is tried here
        return traceback.format_exc()
    if spent_s > PROCESSOR_S_PER_CHARACTER * len(text) + PROCESSOR_SETUP_S:
        return f"{spent_s:.2f} s for {len(text)} characters"
    return None


def _processor_s(read: Read, text: str) -> float:
    least = sys.float_info.max
    for _ in range(TRIES):
        began = time.process_time()
        read(text)
        least = min(least, time.process_time() - began)
        if least <= PROCESSOR_S_PER_CHARACTER * len(text) + PROCESSOR_SETUP_S:
            break
    return least
