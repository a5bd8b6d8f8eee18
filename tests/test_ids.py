"""Job ids."""

import pytest

from bot.ids import JOB_ID_LENGTH, JobId, new_job_id, parse_job_id

JOB = JobId("0123456789ab")


def test_a_new_job_id_can_be_parsed() -> None:
    """A generated id has the right length and is parsed to itself."""
    job = new_job_id()

    assert len(job) == JOB_ID_LENGTH
    assert parse_job_id(job) == job


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0123456789AB", JOB),
        (" o123456789ab ", JOB),
        ("ol23456789ab", JOB),
        ("0123456789a", None),
        ("0123456789au", None),
        ("", None),
    ],
)
def test_a_typed_job_id_is_parsed_leniently(text: str, expected: JobId | None) -> None:
    """Case, spaces and look-alike letters do not matter; anything else is not an id."""
    assert parse_job_id(text) == expected
