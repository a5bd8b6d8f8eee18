"""A short run of the fuzzer; `make fuzz` is the long one."""

from tests.fuzz.pictures import corpus, mutate, run


def test_nothing_but_pictures_and_refusals_comes_out() -> None:
    """A few hundred mutations, the same every time."""
    result = run(2026, iter(range(400)))
    assert [(finding.case, finding.what) for finding in result.findings] == []
    assert result.cases == 400
    assert {"image/jpeg", "image/png", "REF_UNREADABLE", "REF_BAD_FORMAT"} <= set(result.outcomes)


def test_a_case_can_be_made_again_from_its_number() -> None:
    """Or a finding would be lost with the machine it was found on."""
    files = corpus()
    assert [mutate(files, 1, case) for case in range(20)] == [mutate(files, 1, case) for case in range(20)]
