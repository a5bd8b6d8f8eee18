"""What a job's row says of itself: facts for messages, what it cost; pure."""

from typing import assert_never

from bot.errors import PERMANENT, UpstreamError
from bot.jobs.events import Accepted, Collected, JobFacts, PictureArrived, Received, RunningEvent, Submitted
from bot.jobs.job import Job, JobState
from bot.jobs.picture import PictureRow
from bot.requests.request import Request
from bot.wallet.ledger import Spend


def request_of(job: Job) -> Request:
    """The request of a job that has been accepted; every later state has one."""
    if job.request is None:
        raise ValueError(f"job {job.id} is {job.state} without a request")
    return job.request


def facts_of(job: Job) -> JobFacts:
    options = job.command.options
    return JobFacts(
        job=job.id,
        user=job.origin.user,
        prompt=job.command.prompt,
        count=job.request.count if job.request is not None else options.count or 1,
        references=len(job.request.references) if job.request is not None else len(job.command.references),
        private=options.private is True,
        spoiler=options.spoiler is True,
    )


def so_far(job: Job, rows: tuple[PictureRow, ...]) -> RunningEvent:
    """How far a job is that has not ended. Raises ValueError for one that has."""
    facts, stored = facts_of(job), sum(row.state == "stored" for row in rows)
    match job.state:
        case JobState.RECEIVED:
            return Received(facts=facts)
        case JobState.ACCEPTED:
            return Accepted(facts=facts, model=request_of(job).model, gateway=request_of(job).gateway)
        case JobState.DELIVERING:
            return Collected(facts=facts, arrived=stored)
        case JobState.SUBMITTING | JobState.RUNNING | JobState.COLLECTING if stored:
            return PictureArrived(facts=facts, arrived=stored)
        case JobState.SUBMITTING | JobState.RUNNING | JobState.COLLECTING:
            return Submitted(facts=facts, model=request_of(job).model, gateway=request_of(job).gateway)
        case JobState.DONE | JobState.REFUSED | JobState.FAILED | JobState.UNCERTAIN:
            raise ValueError(f"job {job.id} is {job.state}")
        case _:
            assert_never(job.state)


def priced(job: Job, *, images: int, estimated: bool) -> Spend:
    amount = job.unit_price * images if job.unit_price is not None else None
    return Spend(images=images, amount=amount, currency=job.currency, estimated=estimated)


def spend_of(job: Job, rows: tuple[PictureRow, ...]) -> Spend:
    """What the answer says was billed; else, after a cut answer, the most it can be; else the pictures that were made."""
    if job.billed is not None:
        return priced(job, images=job.billed, estimated=False)
    if job.uncertain:
        return priced(job, images=request_of(job).count, estimated=True)
    return priced(job, images=sum(row.was_made for row in rows), estimated=False)


def missing_of(job: Job, rows: tuple[PictureRow, ...]) -> int:
    """How many pictures a set that came short lacks; 0 also where none came, or where asking as it is would be refused again."""
    if job.state not in {JobState.DELIVERING, JobState.DONE}:
        return 0
    stored = sum(row.state == "stored" for row in rows)
    missing = request_of(job).count - stored
    refused = sum(row.error in PERMANENT for row in rows)
    return missing if stored and missing > refused else 0


def named(error: UpstreamError, job: Job) -> UpstreamError:
    """The same error with the names its words need."""
    request = request_of(job)
    return UpstreamError(
        error.kind,
        certain=error.certain,
        retryable=error.retryable,
        detail=error.detail,
        gateway=request.gateway,
        model=request.model,
    )
