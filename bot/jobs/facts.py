"""What follows from a job's row: the facts for its messages, its progress and its cost; pure."""

from typing import assert_never

from bot.commands.numbering import chosen_of_set, numbers_seen
from bot.errors import PERMANENT, UpstreamError, UpstreamKind
from bot.jobs.billing import total
from bot.jobs.call import Call
from bot.jobs.events import Accepted, Collected, JobFacts, PictureArrived, Received, RunningEvent, Submitted
from bot.jobs.failure import to_error
from bot.jobs.job import Job, JobState
from bot.jobs.picture import PictureRow
from bot.money import Money
from bot.requests.request import Request
from bot.wallet.ledger import Spend


def require_request(job: Job) -> Request:
    """The request of a job that has been accepted. Raises ValueError for an earlier state."""
    if job.request is None:
        raise ValueError(f"job {job.id} is {job.state} without a request")
    return job.request


def images_wanted(job: Job) -> int:
    """How many pictures an accepted job still is for: what its member has stopped is not among them."""
    return require_request(job).count - job.stopped_images


def job_facts(job: Job) -> JobFacts:
    options, request = job.command.options, job.request
    chosen = chosen_of_set(job.command)
    stopped = job.stopped_images
    places = [
        *(("--region", one) for one in (options.region or "").split()),
        *(("--point", one) for one in (options.point or "").split()),
    ]
    return JobFacts(
        job=job.id,
        user=job.origin.user,
        prompt=job.command.prompt,
        count=(job.request.count if job.request is not None else options.count or 1) - stopped,
        stopped=stopped,
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
        case JobState.RUNNING if stored:
            return PictureArrived(facts=facts, arrived=stored)
        case JobState.RUNNING:
            return Submitted(facts=facts, model=require_request(job).model, gateway=require_request(job).gateway)
        case JobState.DONE | JobState.REFUSED | JobState.FAILED | JobState.CANCELLED | JobState.UNCERTAIN:
            raise ValueError(f"job {job.id} is {job.state}")
        case _:
            assert_never(job.state)


def quoted_spend(job: Job) -> Spend:
    """The most that the calls of an accepted job can cost."""
    spends = [Spend(images=call.wants, cost=call.quoted, billed_by="schedule") for call in job.calls]
    return total(spends, _nothing(job))


def job_spend(job: Job) -> Spend:
    """What was booked for the calls of a job so far."""
    spends = [
        Spend(images=call.billed or 0, cost=call.cost, billed_by=call.billed_by)
        for call in job.calls
        if call.is_over and call.billed_by is not None
    ]
    return total(spends, _nothing(job))


def _nothing(job: Job) -> Money | None:
    schedules = [call.schedule for call in job.calls if call.schedule is not None]
    return Money(micros=0, currency=schedules[0].currency) if schedules else None


def count_missing(job: Job, rows: tuple[PictureRow, ...]) -> int:
    """How many pictures of an incomplete set are missing; 0 if all are, or if repeating the request would be refused again.

    Of layers nobody knows how many there should be.
    """
    if job.state not in {JobState.DELIVERING, JobState.DONE} or require_request(job).layers:
        return 0
    stored = sum(row.state == "stored" for row in rows)
    missing = images_wanted(job) - stored
    refused = sum(row.error in PERMANENT for row in rows)
    return missing if stored and missing > refused else 0


def add_names(error: UpstreamError, call: Call) -> UpstreamError:
    """The same error with the gateway and the model, which its wording mentions."""
    named = UpstreamError(error.kind, certain=error.certain, retryable=error.retryable, detail=error.detail)
    named.parameters.update({**error.parameters, "gateway": call.gateway, "model": call.model})
    return named


def doubt_of(job: Job) -> UpstreamError | None:
    """What was seen of the first answer whose outcome is uncertain; None if all are certain."""
    return next((_seen_of(call) for call in job.calls if call.is_doubtful), None)


def seen_of(job: Job) -> UpstreamError:
    """What was seen of the answers of a job that ended uncertain."""
    return doubt_of(job) or _seen_of(job.calls[0])


def _seen_of(call: Call) -> UpstreamError:
    seen = to_error(call.error) if call.error is not None else None
    # Without a record the process ended during the call, and its connection with it.
    return seen if isinstance(seen, UpstreamError) else add_names(UpstreamError(UpstreamKind.AMBIGUOUS, certain=False), call)
