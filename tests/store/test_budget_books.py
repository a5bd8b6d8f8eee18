"""Budgets hold whatever runs at the same time: what is reserved, billed or perhaps billed never exceeds them."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.errors import RefusalCode, RefusedError
from bot.ids import JobId, UserId
from bot.jobs.call import CallMove, CallState
from bot.jobs.job import Job, JobState, Move
from bot.wallet.budget import BudgetWindow
from bot.wallet.ledger import Spend
from tests.fakes.jobs import claimed_job, hold, request, take_steps
from tests.fakes.stores import AllStores, open_sqlite_store

DAY = BudgetWindow(per="day", pictures=10, name="day:2026-11-20", since=100.0, until=200.0)
MONTH = BudgetWindow(per="month", pictures=14, name="month:2026-11", since=50.0, until=900.0)


async def accept(store: AllStores, job: Job, images: int, *, now: float = 101.0, window: BudgetWindow = DAY) -> Job:
    """Each member is another one, with plenty of quota."""
    wanted = hold(images, granted=1000, user=UserId(f"discord:{job.id}"), budgets=(window, MONTH))
    return await store.accept(job, request=request(count=images), quote=None, hold=wanted, now=now)


async def finish(store: AllStores, job: Job, *, billed: int, stored: int) -> None:
    job = await take_steps(store, job, CallState.SUBMITTING)
    spend = Spend(images=billed, cost=None, billed_by="counts") if billed else None
    move = CallMove(to=CallState.ANSWERED if stored else CallState.FAILED, spend=spend)
    then = Move(to=JobState.DELIVERING if stored else JobState.FAILED, settle=stored)
    await store.move_call(job, job.call(1), move, then=then, now=103.0)


@pytest.mark.parametrize(
    ("billed", "stored", "charged"),
    [(4, 4, 4), (4, 2, 4), (2, 2, 2), (0, 0, 0), (3, 0, 3), (6, 4, 6)],
)
async def test_a_budget_counts_what_was_billed(store: AllStores, billed: int, stored: int, charged: int) -> None:
    """Reserved images count at once, and then only what was billed, whatever the member received."""
    job = await accept(store, await claimed_job(store, "j0"), 4)
    assert await store.charged_since(DAY.since) == 4
    await finish(store, job, billed=billed, stored=stored)
    assert await store.charged_since(DAY.since) == charged


async def test_an_uncertain_call_counts_at_its_most(store: AllStores) -> None:
    """All of it, although the member gets it back."""
    job = await take_steps(store, await accept(store, await claimed_job(store, "j0"), 4), CallState.SUBMITTING)
    move = CallMove(to=CallState.UNCERTAIN, spend=Spend(images=4, cost=None, billed_by="estimate"))
    then = Move(to=JobState.UNCERTAIN, settle=0, doubtful=4, uncertain_limit=20)
    await store.move_call(job, job.call(1), move, then=then, now=103.0)
    assert (await store.charged_since(DAY.since), await store.settled(job.id)) == (4, 0)


async def test_a_window_counts_the_jobs_that_were_accepted_in_it(store: AllStores) -> None:
    """Yesterday's jobs do not count today, however late they end, and do count in the month."""
    yesterday = await accept(store, await claimed_job(store, "j0", now=90.0), 10, now=99.0)
    await accept(store, await claimed_job(store, "j1"), 4, now=100.0)
    await finish(store, yesterday, billed=10, stored=10)
    assert (await store.charged_since(DAY.since), await store.charged_since(MONTH.since)) == (4, 14)
    with pytest.raises(RefusedError) as caught:
        await accept(store, await claimed_job(store, "j2"), 1)
    assert caught.value.parameters == {"per": "month", "limit": 14, "left": 0, "renews_at": 900.0, "variant": "month"}


async def test_a_refused_job_holds_nothing(store: AllStores) -> None:
    """It stays as it was received, and neither member nor budget is charged."""
    await accept(store, await claimed_job(store, "j0"), 8)
    job = await claimed_job(store, "j1")
    with pytest.raises(RefusedError) as caught:
        await accept(store, job, 3)
    assert (caught.value.refusal, caught.value.parameters["left"]) == (RefusalCode.BUDGET_REACHED, 2)
    assert await store.load(job.id) == job
    assert await store.charged_since(DAY.since) == 8
    assert (await store.usage(UserId("discord:j1"), hold().window)).held == 0


async def test_an_alert_is_noted_once(store: AllStores) -> None:
    """Once for each share of a budget in its window; a larger budget alerts anew."""
    larger = BudgetWindow(per="day", pictures=20, name=DAY.name, since=DAY.since, until=DAY.until)
    noted = [await store.note_alert(window, percent, now=1.0) for window in (DAY, DAY, larger, MONTH) for percent in (80, 100)]
    assert noted == [True, True, False, False, True, True, True, True]


async def race(folder: Path, asked: Sequence[tuple[int, int]]) -> None:
    """Two connections, as two processes have them, accept all jobs at once; then half of them end while as many more come."""
    async with open_sqlite_store(folder) as one, open_sqlite_store(folder) as other:
        accepted: dict[JobId, tuple[Job, int]] = {}
        refused: list[int] = []

        async def begin(number: int, images: int) -> None:
            store = (one, other)[number % 2]
            try:
                job = await accept(store, await claimed_job(store, f"j{number}"), images)
            except RefusedError:
                refused.append(images)
            else:
                accepted[job.id] = (job, images)

        await asyncio.gather(*(begin(number, images) for number, (images, _) in enumerate(asked)))
        held = sum(images for _, images in accepted.values())
        assert await one.charged_since(DAY.since) == held <= DAY.pictures
        assert all(held + images > DAY.pictures for images in refused)

        ended = {job: min(billed, accepted[job][1]) for job, (_, billed) in zip(list(accepted)[::2], asked, strict=False)}
        await asyncio.gather(
            *(finish(one, accepted[job][0], billed=billed, stored=billed) for job, billed in ended.items()),
            *(begin(len(asked) + number, images) for number, (images, _) in enumerate(asked)),
        )
        charged = sum(ended.get(job, images) for job, (_, images) in accepted.items())
        assert await other.charged_since(DAY.since) == charged <= DAY.pictures


@settings(max_examples=20, deadline=None)
@given(asked=st.lists(st.tuples(st.integers(1, 6), st.integers(0, 6)), max_size=10))
def test_no_race_passes_a_budget(asked: list[tuple[int, int]]) -> None:
    """However many jobs of however many members are accepted at once, by two processes, the budget is never exceeded."""
    with TemporaryDirectory() as folder:
        asyncio.run(race(Path(folder), asked))
