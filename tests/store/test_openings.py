"""The record of an opened picture, by which the next claim knows that its process died; on SQLite and in memory."""

import pytest

from bot.errors import StoreError
from bot.ids import JobId
from bot.jobs.job import JobState
from tests.fakes.jobs import hold, job_in_state, new_job, request
from tests.fakes.stores import AllStores

J0 = JobId("j0")


async def test_a_claim_counts_an_opening_that_never_ended(store: AllStores) -> None:
    """Whoever opened the picture has died; the next claim says how often, and of which picture."""
    job = await job_in_state(store, JobState.RUNNING)
    await store.begin_opening(job, 3)
    await store.release(job)
    again = await store.claim(job.id, owner="b", now=1000.0, lease_s=60.0)
    assert again is not None
    assert (again.deaths, again.suspect) == (1, 3)
    await store.begin_opening(again, 5)
    seized = await store.seize(job.id, owner="c", now=1000.0, lease_s=60.0)
    assert seized is not None
    assert (seized.deaths, seized.suspect) == (2, 5)
    with pytest.raises(StoreError):
        await store.end_opening(again)


async def test_an_opening_that_ended_is_no_death(store: AllStores) -> None:
    """The number of the last picture is kept from an earlier death."""
    job = await job_in_state(store, JobState.RUNNING)
    await store.begin_opening(job, 3)
    await store.end_opening(job)
    again = await store.seize(job.id, owner="b", now=1000.0, lease_s=60.0)
    assert again is not None
    assert (again.deaths, again.suspect) == (0, None)


async def test_an_accepted_job_has_no_deaths(store: AllStores) -> None:
    """Those before concern its references."""
    await store.receive(new_job(), now=100.0)
    first = await store.claim(J0, owner="a", now=100.0, lease_s=1.0)
    assert first is not None
    await store.begin_opening(first, 1)
    second = await store.claim(J0, owner="b", now=200.0, lease_s=1.0)
    assert second is not None
    accepted = await store.accept(second, request=request(), quote=None, hold=hold(), now=200.0)
    assert (second.deaths, accepted.deaths, accepted.suspect) == (1, 0, None)
