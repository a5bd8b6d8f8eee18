"""A short run of the fuzzer; `make fuzz` is the long one."""

from tests.fuzz.pictures import mutated, run, seeds


def test_mutated_files_end_in_a_picture_or_a_refusal() -> None:
    """A few hundred deterministic mutations produce no finding."""
    tally = run(2026, iter(range(400)))
    assert [(finding.case, finding.what) for finding in tally.findings] == []
    assert tally.cases == 400
    assert {"image/jpeg", "image/png", "REF_UNREADABLE", "REF_BAD_FORMAT"} <= set(tally.outcomes)


def test_a_case_is_reproducible_from_its_number() -> None:
    """The same seed and number give the same bytes."""
    files = seeds()
    assert [mutated(files, 1, case) for case in range(20)] == [mutated(files, 1, case) for case in range(20)]
