"""What follows from a job's row: the facts for its messages, its progress and its cost; pure."""

from typing import assert_never

from bot.commands.numbering import chosen_of_set, numbers_seen
from bot.errors import PERMANENT, UpstreamError, UpstreamKind
from bot.jobs.events import Accepted, Collected, JobFacts, PictureArrived, Received, RunningEvent, Submitted
from bot.jobs.failure import to_error
from bot.jobs.job import Job, JobState
from bot.jobs.picture import PictureRow
from bot.requests.request import Request
from bot.wallet.ledger import Spend


def require_request(job: Job) -> Request:
    """The request of a job that has been accepted. Raises ValueError for an earlier state."""
    if job.request is None:
        raise ValueError(f"job {job.id} is {job.state} without a request")
    return job.request


def job_facts(job: Job) -> JobFacts:
    options, request = job.command.options, job.request
    chosen = chosen_of_set(job.command)
    places = [
        *(("--region", one) for one in (options.region or "").split()),
        *(("--point", one) for one in (options.point or "").split()),
    ]
    return JobFacts(
        job=job.id,
        user=job.origin.user,
        prompt=job.command.prompt,
        count=job.request.count if job.request is not None else options.count or 1,
        references=len(job.request.references) if job.request is not None else len(job.command.references),
        private=options.private is True,
        recalled=job.command.recalled,
        numbers=numbers_seen(job.command),
        chosen=chosen if len(chosen) < len(job.command.references) else (),
        began_at=job.created_at,
        places=" ".join(f"{flag} {place}" for flag, place in places),
        layers=options.layers is True,
        related=request is not None and request.is_set,
        instead=None if request is None else request.instead,
    )


def current_progress(job: Job, rows: tuple[PictureRow, ...]) -> RunningEvent:
    """The event that describes how far a job has come. Raises ValueError for a job that has ended."""
    facts, stored = job_facts(job), sum(row.state == "stored" for row in rows)
    match job.state:
        case JobState.RECEIVED:
            return Received(facts=facts)
        case JobState.ACCEPTED:
            return Accepted(facts=facts, model=require_request(job).model, gateway=require_request(job).gateway)
        case JobState.DELIVERING:
            return Collected(facts=facts, arrived=stored)
        case JobState.SUBMITTING | JobState.RUNNING | JobState.COLLECTING if stored:
            return PictureArrived(facts=facts, arrived=stored)
        case JobState.SUBMITTING | JobState.RUNNING | JobState.COLLECTING:
            return Submitted(facts=facts, model=require_request(job).model, gateway=require_request(job).gateway)
        case JobState.DONE | JobState.REFUSED | JobState.FAILED | JobState.CANCELLED | JobState.UNCERTAIN:
            raise ValueError(f"job {job.id} is {job.state}")
        case _:
            assert_never(job.state)


def price_images(job: Job, *, images: int, estimated: bool) -> Spend:
    cost = job.unit_price.times(images) if job.unit_price is not None else None
    return Spend(images=images, cost=cost, estimated=estimated)


def job_spend(job: Job, rows: tuple[PictureRow, ...]) -> Spend:
    """What the gateway said it billed; else the upper bound, if its answer was incomplete; else the pictures it made."""
    if job.billed is not None or job.uncertain:
        return uncertain_spend(job)
    return price_images(job, images=sum(row.was_made for row in rows), estimated=False)


def uncertain_spend(job: Job) -> Spend:
    """What the gateway said it billed; else all that was asked for, as an estimate."""
    if job.billed is not None:
        return price_images(job, images=job.billed, estimated=False)
    return price_images(job, images=require_request(job).count, estimated=True)


def count_missing(job: Job, rows: tuple[PictureRow, ...]) -> int:
    """How many pictures of an incomplete set are missing; 0 if all are, or if repeating the request would be refused again."""
    if job.state not in {JobState.DELIVERING, JobState.DONE}:
        return 0
    stored = sum(row.state == "stored" for row in rows)
    missing = require_request(job).count - stored
    refused = sum(row.error in PERMANENT for row in rows)
    return missing if stored and missing > refused else 0


def add_names(error: UpstreamError, job: Job) -> UpstreamError:
    """The same error with the gateway and the model, which its wording mentions."""
    request = require_request(job)
    named = UpstreamError(error.kind, certain=error.certain, retryable=error.retryable, detail=error.detail)
    named.parameters.update({**error.parameters, "gateway": request.gateway, "model": request.model})
    return named


def seen_of(job: Job) -> UpstreamError:
    """What was seen of an answer whose outcome is uncertain."""
    seen = to_error(job.error) if job.error is not None else None
    # Without a record the process ended during the call, and its connection with it.
    return seen if isinstance(seen, UpstreamError) else add_names(UpstreamError(UpstreamKind.AMBIGUOUS, certain=False), job)
