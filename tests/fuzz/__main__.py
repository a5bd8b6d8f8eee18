"""Fuzzes what foreign people send: `python -m tests.fuzz [SUBJECT …] --seconds 600 --seed 1`.

A case depends on its number alone, so `python -m tests.fuzz text --seed N --case M` gives the same text again.
"""

import argparse
import asyncio
import logging
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.fuzz import headers, pictures, text
from tests.fuzz.pictures import FuzzResult

SUBJECTS: dict[str, Callable[[int, Iterator[int]], FuzzResult]] = {
    "pictures": lambda seed, cases: asyncio.run(pictures.run(seed, cases)),
    "text": text.run_timed,
    "headers": headers.run_timed,
}


def _until(seconds: float) -> Iterator[int]:
    end, case = time.monotonic() + seconds, 0
    while time.monotonic() < end:
        yield case
        case += 1


def _report(subject: str, result: FuzzResult, *, seed: int, found: Path) -> None:
    outcomes = ", ".join(f"{name} {count}" for name, count in result.outcomes.most_common())
    sys.stdout.write(f"{subject}: {result.cases} cases, seed {seed}: {outcomes}\n")
    for finding in result.findings:
        found.mkdir(parents=True, exist_ok=True)
        file = found / f"{subject}-{finding.seed}-{finding.case}"
        file.write_bytes(finding.content)
        sys.stdout.write(f"\n{subject}, seed {finding.seed}, case {finding.case}, bytes in {file}:\n{finding.what}\n")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("subjects", nargs="*", metavar="SUBJECT", help=f"{', '.join(SUBJECTS)} (default: all)")
    parser.add_argument("--seconds", type=float, default=60.0, help="for all subjects together")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--case", type=int, help="only this case")
    parser.add_argument("--found", type=Path, default=Path("fuzz-found"), help="where the bytes of a finding are written")
    chosen = parser.parse_args()
    subjects = chosen.subjects or list(SUBJECTS)
    if unknown := sorted(set(subjects) - set(SUBJECTS)):
        parser.error(f"unknown subject {unknown[0]}; expected one of {', '.join(SUBJECTS)}")
    # Silence Pillow's warnings about broken EXIF, and our own about crashed decoders.
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    findings = 0
    for subject in subjects:
        cases = iter((chosen.case,)) if chosen.case is not None else _until(chosen.seconds / len(subjects))
        result = SUBJECTS[subject](chosen.seed, cases)
        _report(subject, result, seed=chosen.seed, found=chosen.found)
        findings += len(result.findings)
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
