"""Factories of commands, requests and jobs: everything has a default."""

from collections.abc import Mapping

from bot.catalog.price import flat_price
from bot.commands.command import Generate, Origin
from bot.ids import EventId, GatewayName, JobId, ModelName, PlatformName, UserId, WorkspaceId
from bot.jobs.call import CallMove, CallState
from bot.jobs.job import Job, JobState, Move, NewJob
from bot.money import parse_money
from bot.requests.quote import Quote, quote
from bot.requests.references import Reference
from bot.requests.request import Request
from bot.wallet.budget import BudgetWindow
from bot.wallet.ledger import Hold
from tests.fakes.stores import AllStores

ADA = UserId("discord:ada")
TODAY = "day:2026-11-20"
FOX = "a red fox in snow"

Step = JobState | CallState
PATH_TO: Mapping[Step, tuple[Step, ...]] = {
    JobState.RECEIVED: (),
    JobState.ACCEPTED: (),
    CallState.SUBMITTING: (CallState.SUBMITTING,),
    CallState.RUNNING: (CallState.SUBMITTING, CallState.RUNNING),
    CallState.COLLECTING: (CallState.SUBMITTING, CallState.COLLECTING),
    JobState.DELIVERING: (CallState.SUBMITTING, CallState.ANSWERED, JobState.DELIVERING),
    JobState.DONE: (CallState.SUBMITTING, CallState.ANSWERED, JobState.DELIVERING, JobState.DONE),
    JobState.REFUSED: (CallState.SUBMITTING, CallState.REFUSED, JobState.REFUSED),
    JobState.FAILED: (JobState.FAILED,),
    JobState.CANCELLED: (JobState.CANCELLED,),
    JobState.UNCERTAIN: (CallState.SUBMITTING, CallState.UNCERTAIN, JobState.UNCERTAIN),
}
"""How an accepted job with one call comes into a state: the moves of its call and its own."""


def origin(user: UserId = ADA) -> Origin:
    return Origin(
        platform=PlatformName("discord"),
        workspace=WorkspaceId("guild"),
        user=user,
        received_at=1.0,
        roles=("artists",),
        address={"token": "abc"},
    )


def new_job(
    job: str = "j0",
    *,
    event: str | None = None,
    user: UserId = ADA,
    references: tuple[Reference, ...] = (),
) -> NewJob:
    return NewJob(
        id=JobId(job),
        events=(EventId(event or f"event of {job}"),),
        origin=origin(user),
        command=Generate(verb="imagine", prompt=FOX),
        references=references,
    )


def request(*, count: int = 1, references: tuple[Reference, ...] = ()) -> Request:
    return Request(
        gateway=GatewayName("ark"),
        dialect="ark_intl",
        model=ModelName("4.5"),
        model_id="seedream-4-5",
        prompt=FOX,
        count=count,
        size="2K",
        references=references,
        mode="stream",
    )


def hold(
    images: int = 1,
    *,
    granted: int = 20,
    user: UserId = ADA,
    window: str = TODAY,
    budgets: tuple[BudgetWindow, ...] = (),
) -> Hold:
    return Hold(user=user, window=window, images=images, granted=granted, renews_at=0.0, budgets=budgets)


async def claimed_job(store: AllStores, job: str = "j0", *, user: UserId = ADA, owner: str = "a", now: float = 100.0) -> Job:
    """A received job, claimed for a minute."""
    assert await store.receive(new_job(job, user=user), now=now)
    claim = await store.claim(JobId(job), owner=owner, now=now, lease_s=60.0)
    assert claim is not None
    return claim


async def accepted_job(
    store: AllStores,
    job: str = "j0",
    *,
    images: int = 1,
    granted: int = 20,
    user: UserId = ADA,
    window: str = TODAY,
) -> Job:
    return await store.accept(
        await claimed_job(store, job, user=user),
        request=request(count=images),
        quote=quote_of(request(count=images)),
        hold=hold(images, granted=granted, user=user, window=window),
        now=101.0,
    )


async def job_in_state(store: AllStores, state: Step) -> Job:
    if state is JobState.RECEIVED:
        return await claimed_job(store)
    return await take_steps(store, await accepted_job(store, images=4), *PATH_TO[state])


async def take_steps(store: AllStores, job: Job, *steps: Step, now: float = 102.0) -> Job:
    """Move a job, and its first call."""
    for step in steps:
        if isinstance(step, CallState):
            job = await store.move_call(job, job.call(1), CallMove(to=step), now=now)
        else:
            job = await store.move(job, Move(to=step), now=now)
    return job


def quote_of(wanted: Request, price: str = "0.040 USD") -> Quote:
    """The same price for each picture."""
    return quote(wanted, flat_price(parse_money(price)))
