"""Contract of the calls of a job: their moves, what is written with them, and what follows for the job."""

from dataclasses import replace

import pytest

from bot.errors import StoreCode, StoreError, UpstreamKind
from bot.ids import JobId, TaskId
from bot.jobs.call import CALL_ENDS, CALL_MOVES, CallMove, CallState
from bot.jobs.failure import JobFailure
from bot.jobs.job import Job, JobState, Move
from bot.jobs.picture import PictureRow
from bot.money import parse_money
from bot.wallet.ledger import Spend, Usage
from tests.fakes.jobs import ADA, TODAY, claimed_job, hold, quote_of, request, take_steps
from tests.fakes.stores import AllStores

J0 = JobId("j0")
C = CallState
PATHS: dict[CallState, tuple[CallState, ...]] = {
    C.PLANNED: (),
    C.SUBMITTING: (C.SUBMITTING,),
    C.RUNNING: (C.SUBMITTING, C.RUNNING),
    C.COLLECTING: (C.SUBMITTING, C.COLLECTING),
    C.ANSWERED: (C.SUBMITTING, C.ANSWERED),
    C.FAILED: (C.FAILED,),
    C.REFUSED: (C.SUBMITTING, C.REFUSED),
    C.UNCERTAIN: (C.SUBMITTING, C.UNCERTAIN),
    C.CANCELLED: (C.CANCELLED,),
}


async def three_calls(store: AllStores) -> Job:
    """An accepted job of three pictures, each of which is a call."""
    wanted = replace(request(count=3), per_call=1)
    return await store.accept(await claimed_job(store), request=wanted, quote=quote_of(wanted), hold=hold(3), now=101.0)


async def loaded(store: AllStores) -> Job:
    job = await store.load(J0)
    assert job is not None
    return job


async def test_the_calls_are_planned_with_the_job(store: AllStores) -> None:
    """Each with its number, the place of its first picture, and the most that it can cost."""
    job = await three_calls(store)
    assert [(call.number, call.first, call.wants, str(call.quoted), call.state) for call in job.calls] == [
        (1, 0, 1, "0.04 USD", C.PLANNED),
        (2, 1, 1, "0.04 USD", C.PLANNED),
        (3, 2, 1, "0.04 USD", C.PLANNED),
    ]
    assert await loaded(store) == job


@pytest.mark.parametrize("state", list(CallState))
@pytest.mark.parametrize("to", list(CallState))
async def test_only_allowed_moves_are_made(store: AllStores, state: CallState, to: CallState) -> None:
    """A move that CALL_MOVES does not allow raises ValueError and changes nothing."""
    job = await take_steps(store, await three_calls(store), *PATHS[state])
    if to in CALL_MOVES[state]:
        moved = await store.move_call(job, job.call(1), CallMove(to=to), now=103.0)
        assert (moved.call(1).state, moved.call(1).state_since) == (to, 103.0)
    else:
        with pytest.raises(ValueError, match="cannot become"):
            await store.move_call(job, job.call(1), CallMove(to=to), now=103.0)
        moved = job
    assert await loaded(store) == moved


def test_every_end_is_reached() -> None:
    """And nothing leads on from it."""
    assert {to for targets in CALL_MOVES.values() for to in targets} >= CALL_ENDS
    assert set(CALL_MOVES) == set(CallState)


async def test_a_move_keeps_values_that_it_does_not_set(store: AllStores) -> None:
    """The move to `submitting` says when it was made, and what is booked replaces what an answer said."""
    job = await take_steps(store, await three_calls(store), C.SUBMITTING, now=110.0)
    job = await store.move_call(job, job.call(1), CallMove(to=C.RUNNING, task=TaskId("t")), now=111.0)
    said = CallMove(to=C.COLLECTING, billed=2, billed_by="counts", error=JobFailure(code=UpstreamKind.AMBIGUOUS))
    job = await store.move_call(job, job.call(1), said, now=112.0)
    call = job.call(1)
    assert (call.submitted_at, call.task, call.billed, call.billed_by, call.cost) == (110.0, "t", 2, "counts", None)
    assert (call.error, call.is_doubtful) == (JobFailure(code=UpstreamKind.AMBIGUOUS), True)
    spend = Spend(images=3, cost=parse_money("0.12 USD"), billed_by="estimate")
    job = await store.move_call(job, call, CallMove(to=C.UNCERTAIN, spend=spend), now=113.0)
    call = job.call(1)
    assert (call.task, call.billed, call.billed_by, str(call.cost)) == ("t", 3, "estimate", "0.12 USD")
    assert await loaded(store) == job


async def test_a_job_runs_from_its_first_call(store: AllStores) -> None:
    """Back to `accepted` only when nothing was spent for any of them: then it is due with the first that may be tried again."""
    job = await take_steps(store, await three_calls(store), C.SUBMITTING)
    assert (await loaded(store)).state is job.state is JobState.RUNNING
    later = CallMove(to=C.PLANNED, not_before=140.0, attempts=1)
    job = await store.move_call(job, job.call(1), later, now=111.0)
    await store.postpone_call(job, job.call(2), not_before=130.0, now=111.0)
    await store.postpone_call(job, job.call(3), not_before=150.0, now=111.0)
    await store.release(job)

    waiting = await loaded(store)
    assert (waiting.state, [call.attempts for call in waiting.calls]) == (JobState.ACCEPTED, [1, 1, 1])
    assert (await store.next_due(), [call.is_due(130.0) for call in waiting.calls]) == (130.0, [False, True, False])


async def test_a_job_is_due_at_once_while_a_call_is_at_a_gateway(store: AllStores) -> None:
    """Whoever takes it over has to look for that call; `defer` makes it wait once none is."""
    job = await three_calls(store)
    job = await store.move_call(job, job.call(1), CallMove(to=C.SUBMITTING), now=102.0)
    job = await store.postpone_call(job, job.call(2), not_before=500.0, now=102.0)
    job = await store.postpone_call(job, job.call(3), not_before=600.0, now=102.0)
    await store.release(job)
    assert await store.next_due() == 0.0
    claimed = await store.claim(J0, owner="b", now=103.0, lease_s=60.0)
    assert claimed is not None
    job = await store.move_call(claimed, claimed.call(1), CallMove(to=C.ANSWERED), now=104.0)
    await store.defer(job, now=104.0)
    await store.release(job)
    assert await store.next_due() == 500.0


async def test_the_last_call_ends_the_job_in_one_transaction(store: AllStores) -> None:
    """What is booked for it counts in the budgets with what was booked for the others."""
    job = await three_calls(store)
    for number in (1, 2):
        job = await store.move_call(job, job.call(number), CallMove(to=C.SUBMITTING), now=102.0)
        spend = Spend(images=number, cost=None, billed_by="counts")
        job = await store.move_call(job, job.call(number), CallMove(to=C.ANSWERED, spend=spend), now=103.0)
    then = Move(to=JobState.DELIVERING, settle=2, begins_posting=True)
    job = await store.move_call(job, job.call(3), CallMove(to=C.FAILED), then=then, now=104.0)
    assert (job.state, job.posting_since) == (JobState.DELIVERING, 104.0)
    assert await loaded(store) == job
    assert (await store.charged_since(0.0), await store.usage(ADA, TODAY)) == (3, Usage(settled=2, held=0))


async def test_a_move_that_the_job_cannot_make_changes_nothing(store: AllStores) -> None:
    """Neither the call's row, nor the job's, nor the books."""
    job = await take_steps(store, await three_calls(store), C.SUBMITTING)
    spend = Spend(images=1, cost=None, billed_by="counts")
    with pytest.raises(ValueError, match="cannot become"):
        await store.move_call(job, job.call(1), CallMove(to=C.ANSWERED, spend=spend), then=Move(to=JobState.DONE), now=103.0)
    assert await loaded(store) == job


async def test_the_places_of_pictures_that_have_not_come_are_written(store: AllStores) -> None:
    """As far as there is no row: their reason is that of the call."""
    wanted = request(count=3)
    job = await store.accept(await claimed_job(store), request=wanted, quote=None, hold=hold(3), now=101.0)
    job = await take_steps(store, job, C.SUBMITTING)
    await store.put_picture(job, PictureRow(index=1, state="missing", error=UpstreamKind.POLICY_OUTPUT))
    await store.move_call(job, job.call(1), CallMove(to=C.FAILED, missing=UpstreamKind.BALANCE), now=103.0)
    rows = [(row.index, row.state, row.error) for row in await store.pictures(J0)]
    assert rows == [(0, "missing", "balance"), (1, "missing", "policy_output"), (2, "missing", "balance")]


async def test_the_calls_of_a_job_that_ends_before_them_are_cancelled(store: AllStores) -> None:
    """However it ends."""
    job = await store.move(await three_calls(store), Move(to=JobState.FAILED, settle=0), now=103.0)
    assert [call.state for call in job.calls] == [C.CANCELLED] * 3
    assert await loaded(store) == job


async def test_a_call_is_moved_once(store: AllStores) -> None:
    """A second move from the same state, under the same claim, is refused and changes nothing."""
    job = await three_calls(store)
    moved = await take_steps(store, job, C.SUBMITTING)
    with pytest.raises(StoreError) as caught:
        await store.move_call(job, job.call(1), CallMove(to=C.FAILED), now=103.0)
    assert caught.value.store is StoreCode.FENCED
    assert await loaded(store) == moved


@pytest.mark.parametrize(("now", "overdue"), [(161.9, False), (162.1, True)])
async def test_a_job_is_overdue_by_any_of_its_calls(store: AllStores, *, now: float, overdue: bool) -> None:
    """By the deadline of that call's state."""
    job = await take_steps(store, await three_calls(store), C.SUBMITTING, C.RUNNING)
    await store.postpone_call(job, job.call(2), not_before=400.0, now=150.0)
    states = dict.fromkeys(JobState, 9000.0)
    assert await store.overdue(states, {C.PLANNED: 500.0, C.RUNNING: 60.0}, now=now, limit=9) == [J0] * overdue
