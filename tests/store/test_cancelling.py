"""Contract of a job that cancels another: one transaction, which a claim cannot race."""

from dataclasses import replace

import pytest

from bot.errors import RefusalCode, RefusedError, StoreCode, StoreError
from bot.ids import JobId, UserId
from bot.jobs.call import CallMove, CallState
from bot.jobs.job import ENDS, JobState
from bot.wallet.ledger import Demand
from tests.fakes.jobs import ADA, PATH_TO, TODAY, accepted_job, claimed_job, hold, new_job, request, take_steps
from tests.fakes.stores import AllStores

J0, FRESH = JobId("j0"), JobId("fresh")


@pytest.mark.parametrize("accepted", [False, True])
async def test_it_ends_before_its_call(store: AllStores, *, accepted: bool) -> None:
    """Free of charge, due at once so that its member is told, and no later write of its claim succeeds."""
    job = await (accepted_job(store) if accepted else claimed_job(store))
    assert await store.receive(replace(new_job("fresh"), cancels=J0), now=200.0)
    ended = await store.load(J0)
    assert ended is not None
    assert (ended.state, ended.ended_at, ended.notified) == (JobState.CANCELLED, 200.0, False)
    assert (await store.usage(ADA, TODAY)).held == 0
    with pytest.raises(StoreError) as caught:
        await take_steps(store, job, CallState.SUBMITTING if accepted else JobState.FAILED, now=201.0)
    assert [call.state for call in ended.calls] == [CallState.CANCELLED] * accepted
    assert caught.value.store is StoreCode.FENCED
    claimed = await store.claim(J0, owner="b", now=201.0, lease_s=60.0)
    assert claimed is not None
    assert claimed.epoch > job.epoch
    assert (await store.set_notified(claimed, now=202.0)).notified


@pytest.mark.parametrize("state", [state for state in JobState if state not in {JobState.RECEIVED, JobState.ACCEPTED}])
async def test_it_is_too_late_after_that(store: AllStores, state: JobState) -> None:
    """Neither is the one cancelled, nor the other recorded."""
    job = await accepted_job(store)
    await take_steps(store, job, *PATH_TO[state], now=150.0)
    with pytest.raises(RefusedError) as caught:
        await store.receive(replace(new_job("fresh"), cancels=J0), now=200.0)
    assert caught.value.refusal is RefusalCode.ALREADY_SUBMITTED
    assert await store.load(FRESH) is None
    kept = await store.load(J0)
    assert kept is not None
    assert (kept.state, kept.ended_at) == (state, 150.0 if state in ENDS else None)


async def test_another_members_job_is_not_cancelled(store: AllStores) -> None:
    """Nor is one that does not exist."""
    await claimed_job(store)
    for new in (
        replace(new_job("fresh", user=UserId("discord:bob")), cancels=J0),
        replace(new_job("fresh"), cancels=JobId("gone")),
    ):
        with pytest.raises(RefusedError) as caught:
            await store.receive(new, now=200.0)
        assert caught.value.refusal is RefusalCode.ALREADY_SUBMITTED


async def test_what_the_first_one_held_is_free_for_the_second(store: AllStores) -> None:
    """The member's limits count the one or the other; if the second may not be recorded, the first goes on."""
    job = await accepted_job(store)
    demand = Demand(hold=hold(1, granted=1), open_jobs=1)
    await store.receive(replace(new_job("fresh"), cancels=J0, demand=demand), now=200.0)
    assert await store.load(FRESH) is not None

    other = replace(new_job("more"), cancels=FRESH, demand=replace(demand, hold=hold(2, granted=1)))
    with pytest.raises(RefusedError) as caught:
        await store.receive(other, now=201.0)
    assert caught.value.refusal is RefusalCode.QUOTA_EXCEEDED
    first = await store.load(FRESH)
    assert first is not None
    assert (first.state, job.id) == (JobState.RECEIVED, J0)


async def test_a_redelivered_press_cancels_once(store: AllStores) -> None:
    """The same event is known already."""
    await claimed_job(store)
    assert await store.receive(replace(new_job("fresh"), cancels=J0), now=200.0)
    assert not await store.receive(replace(new_job("again", event="event of fresh"), cancels=J0), now=201.0)


@pytest.mark.parametrize("accepted", [False, True])
async def test_a_job_is_cancelled_alone(store: AllStores, *, accepted: bool) -> None:
    """Without another one in its place; only by its member, and only once."""
    await (accepted_job(store) if accepted else claimed_job(store))
    with pytest.raises(RefusedError):
        await store.cancel(J0, UserId("discord:bob"), now=199.0)
    await store.cancel(J0, ADA, now=200.0)
    ended = await store.load(J0)
    assert ended is not None
    assert (ended.state, ended.ended_at, ended.notified) == (JobState.CANCELLED, 200.0, False)
    assert (await store.usage(ADA, TODAY)).held == 0
    with pytest.raises(RefusedError) as caught:
        await store.cancel(J0, ADA, now=201.0)
    assert caught.value.refusal is RefusalCode.ALREADY_SUBMITTED


@pytest.mark.parametrize("at_gateway", [True, False])
async def test_the_planned_calls_of_a_running_job_are_cancelled(store: AllStores, *, at_gateway: bool) -> None:
    """The claim is current as long as a call is at a gateway, else the job is due at once. The hold stays open until the end."""
    wanted = replace(request(count=3), per_call=1)
    job = await store.accept(await claimed_job(store), request=wanted, quote=None, hold=hold(3), now=101.0)
    job = await take_steps(store, job, *([CallState.SUBMITTING] if at_gateway else [CallState.SUBMITTING, CallState.COLLECTING]))
    with pytest.raises(RefusedError):
        await store.cancel(J0, UserId("discord:bob"), now=149.0)
    await store.cancel(J0, ADA, now=150.0)
    stopped = await store.load(J0)
    assert stopped is not None
    assert stopped.state is JobState.RUNNING
    assert [call.state for call in stopped.calls[1:]] == [CallState.CANCELLED] * 2
    assert (stopped.is_stopped, stopped.stopped_images) == (True, 2)
    assert (await store.usage(ADA, TODAY)).held == 3
    assert (stopped.epoch == job.epoch, await store.due(now=150.0, limit=9)) == (at_gateway, [] if at_gateway else [J0])
    with pytest.raises(StoreError) as fenced:
        await store.move_call(job, job.call(2), CallMove(to=CallState.SUBMITTING), now=151.0)
    assert fenced.value.store is StoreCode.FENCED
    with pytest.raises(RefusedError) as caught:
        await store.cancel(J0, ADA, now=152.0)
    assert caught.value.refusal is RefusalCode.ALREADY_SUBMITTED


async def test_start_fresh_ends_no_part_of_a_job(store: AllStores) -> None:
    """It is free until the first call is made; after that neither job changes."""
    wanted = replace(request(count=2), per_call=1)
    job = await store.accept(await claimed_job(store), request=wanted, quote=None, hold=hold(2), now=101.0)
    job = await take_steps(store, job, CallState.SUBMITTING)
    with pytest.raises(RefusedError) as caught:
        await store.receive(replace(new_job("fresh"), cancels=J0), now=200.0)
    assert (caught.value.refusal, await store.load(J0)) == (RefusalCode.ALREADY_SUBMITTED, job)


async def test_a_job_that_cancels_another_is_not_taken_back(store: AllStores) -> None:
    """However long its commit took: otherwise both would be gone."""
    await claimed_job(store)
    too_late = iter([False, True])
    assert await store.receive(replace(new_job("fresh"), cancels=J0), now=200.0, too_late=lambda: next(too_late, True))
    states = [(await store.load(job)) for job in (J0, FRESH)]
    assert [None if job is None else job.state for job in states] == [JobState.CANCELLED, JobState.RECEIVED]
