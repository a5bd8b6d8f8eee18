"""A short run of the fuzzer; `make fuzz` is the long one."""

from tests.fuzz.pictures import mutated, run, seeds


def test_nothing_but_pictures_and_refusals_comes_out() -> None:
    """A few hundred mutations, the same every time."""
    tally = run(2026, iter(range(400)))
    assert [(finding.case, finding.what) for finding in tally.findings] == []
    assert tally.cases == 400
    assert {"image/jpeg", "image/png", "REF_UNREADABLE", "REF_BAD_FORMAT"} <= set(tally.outcomes)


def test_a_case_can_be_made_again_from_its_number() -> None:
    """Or a finding would be lost with the machine it was found on."""
    files = seeds()
    assert [mutated(files, 1, case) for case in range(20)] == [mutated(files, 1, case) for case in range(20)]
