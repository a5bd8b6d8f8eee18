"""A short run of the fuzzer; `make fuzz` is the long one."""

import pytest

from tests.fuzz.pictures import corpus, mutate, run, work_of
from tests.fuzz.work import TooMuchWorkError, count_steps, counted
from tests.images.attacks import attacks

LINKS = 10_000
"""An attack of this size takes a hundred million steps where it is quadratic."""


async def test_nothing_but_pictures_and_refusals_comes_out() -> None:
    """A few hundred mutations, the same every time."""
    result = await run(2026, iter(range(400)))
    assert [(finding.case, finding.what) for finding in result.findings] == []
    assert result.cases == 400
    assert {"image/jpeg", "image/png", "REF_UNREADABLE", "REF_BAD_FORMAT"} <= set(result.outcomes)


def test_a_case_can_be_made_again_from_its_number() -> None:
    """Or a finding would be lost with the machine it was found on."""
    files = corpus()
    assert [mutate(files, 1, case) for case in range(20)] == [mutate(files, 1, case) for case in range(20)]


@pytest.mark.parametrize("name", sorted(attacks(1)))
def test_the_work_of_parsing_is_bounded_by_the_size_of_the_file(name: str) -> None:
    """An attack takes no more steps and reads no more bytes than a linear parser needs."""
    assert work_of(attacks(LINKS)[name].content) > 0


def test_work_without_a_bound_is_found() -> None:
    """The counter stops a quadratic parser, and one that reads the same bytes again and again."""
    content = bytes(5000)
    with pytest.raises(TooMuchWorkError, match="steps"):
        count_steps(lambda: [first for first in content for _ in content], size=len(content))
    reader = counted(content)
    with pytest.raises(TooMuchWorkError, match="bytes"):
        count_steps(lambda: [reader[start:] for start in range(len(content))], size=len(content))
