"""Due times and leases after the clock was set back: nothing is parked, and a living owner keeps its jobs."""

import pytest

from bot.ids import JobId
from bot.jobs.deadlines import LONGEST_LEASE_S
from tests.fakes.jobs import accepted_job, claimed_job
from tests.fakes.stores import AllStores

J0 = JobId("j0")
DAY_S = 24 * 3600.0


@pytest.mark.parametrize(
    ("now", "due"), [(1_000_009.0, False), (1_000_010.0, True), (999_999.0, True), (1_000_000.0 - DAY_S, True)]
)
async def test_a_postponed_job_is_due_after_the_clock_was_set_back(store: AllStores, *, now: float, due: bool) -> None:
    """It was postponed by ten seconds, so it never waits for a day: a row from the future is due now."""
    job = await claimed_job(store, now=1_000_000.0)
    await store.release(await store.postpone(job, not_before=1_000_010.0, now=1_000_000.0))

    assert await store.due(now=now, limit=9) == ([J0] if due else [])
    assert (await store.claim(J0, owner="b", now=now, lease_s=60.0) is not None) is due


@pytest.mark.parametrize(
    ("now", "living", "due"),
    [
        (130.0, (), False),
        (160.0, (), True),
        (160.0, ("a",), False),
        (160.0, ("other",), True),
        (1e9, ("a",), False),
        (160.0 - 1.0 - LONGEST_LEASE_S, (), True),
        (160.0 - 1.0 - LONGEST_LEASE_S, ("a",), False),
    ],
)
async def test_a_living_owner_counts_more_than_a_time(
    store: AllStores, *, now: float, living: tuple[str, ...], due: bool
) -> None:
    """A lease ends by time, or because it lies further off than any lease, but never while its owner lives."""
    await accepted_job(store)

    assert await store.due(now=now, limit=9, living=living) == ([J0] if due else [])
    assert (await store.claim(J0, owner="b", now=now, lease_s=60.0, living=living) is not None) is due
