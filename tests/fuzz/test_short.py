"""A short run of the fuzzers of text and headers, the same every time; `make fuzz` is the long one."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.fuzz import headers, text
from tests.fuzz.checking import case_of, problem_of
from tests.fuzz.pictures import FuzzResult
from tests.text.readers import READERS

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("run", [text.run, headers.run], ids=["text", "headers"])
def test_every_reading_ends_with_an_answer(run: Callable[[int, Iterator[int]], FuzzResult]) -> None:
    """For work in proportion to the length."""
    result = run(2026, iter(range(500)))

    assert [(finding.case, finding.what) for finding in result.findings] == []
    assert result.cases == 500


def test_every_reader_has_its_turn() -> None:
    """In the short run too."""
    assert set(text.run(7, iter(range(500))).outcomes) == set(READERS)


def test_what_must_not_happen_is_found() -> None:
    """An exception, and work that grows with the square."""

    def quadratic(line: str) -> int:
        return sum(1 for _ in line for _ in line)

    assert "IndexError" in str(problem_of(lambda line: line[99], "a fox", timed=False))
    assert "steps for 1500 characters" in str(problem_of(quadratic, "a" * 1_500, timed=False))
    assert problem_of(str.upper, "a" * 1_500, timed=True) is None


def test_a_case_can_be_made_again_from_its_number() -> None:
    """Or a finding would be lost with the machine it was found on."""
    cases = [case_of(READERS, text.write, 1, case) for case in range(20)]
    assert cases == [case_of(READERS, text.write, 1, case) for case in range(20)]


def test_one_entry_runs_every_subject(tmp_path: Path) -> None:
    """It reports each, and ends with 0 if nothing was found."""
    run = [sys.executable, "-m", "tests.fuzz", "--seed", "1", "--case", "3", "--found", str(tmp_path / "found")]
    done = subprocess.run(run, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)

    assert (done.returncode, done.stderr) == (0, "")
    assert [line.partition(":")[0] for line in done.stdout.splitlines()] == ["pictures", "text", "headers"]
    assert not (tmp_path / "found").exists()
