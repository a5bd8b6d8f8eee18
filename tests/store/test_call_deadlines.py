"""Contract of what is overdue while a job's calls go different ways."""

from dataclasses import replace

import pytest

from bot.ids import JobId
from bot.jobs.call import CallState as C
from bot.jobs.job import Job, JobState
from tests.fakes.jobs import accepted_job, claimed_job, hold, request, take_steps
from tests.fakes.stores import AllStores

J0 = JobId("j0")
STATES = dict.fromkeys(JobState, 9000.0)
CALLS = {C.PLANNED: 50.0, C.SUBMITTING: 50.0, C.RUNNING: 60.0, C.COLLECTING: 50.0}


async def two_calls(store: AllStores) -> Job:
    wanted = replace(request(count=2), per_call=1)
    return await store.accept(await claimed_job(store), request=wanted, quote=None, hold=hold(2), now=101.0)


@pytest.mark.parametrize(("now", "overdue"), [(152.0, True), (202.0, False), (261.1, True)])
async def test_nothing_is_overdue_while_a_call_at_a_gateway_is_in_time(store: AllStores, *, now: float, overdue: bool) -> None:
    """It is paid for: whoever makes it ends the others that are late."""
    job = await two_calls(store)
    if now > 160.0:
        await take_steps(store, job, C.SUBMITTING, C.RUNNING, now=201.0)
    assert await store.overdue(STATES, CALLS, now=now, limit=9) == [J0] * overdue


@pytest.mark.parametrize(("now", "overdue"), [(1101.9, False), (1102.1, True)])
async def test_a_job_is_overdue_by_its_own_deadline_all_the_same(store: AllStores, *, now: float, overdue: bool) -> None:
    """The longest time in one state: what its calls do does not begin it anew."""
    job = await take_steps(store, await two_calls(store), C.SUBMITTING, now=102.0)
    job = await store.postpone_call(job, job.call(2), not_before=400.0, now=300.0)
    await store.defer(job, now=1000.0)
    assert (
        await store.overdue({**STATES, JobState.RUNNING: 1000.0}, dict.fromkeys(CALLS, 9000.0), now=now, limit=9)
        == [J0] * overdue
    )


async def test_a_job_whose_call_was_put_back_is_accepted_anew(store: AllStores) -> None:
    """That is another state."""
    job = await take_steps(store, await accepted_job(store), C.SUBMITTING, C.PLANNED, now=300.0)
    assert job.state is JobState.ACCEPTED
    deadlines = {**STATES, JobState.ACCEPTED: 100.0}
    assert await store.overdue(deadlines, dict.fromkeys(CALLS, 9000.0), now=399.0, limit=9) == []
    assert await store.overdue(deadlines, dict.fromkeys(CALLS, 9000.0), now=401.0, limit=9) == [J0]
