"""The final event of a job, built from its rows alone, so that any process can show it."""

from bot.chat.capabilities import Way
from bot.errors import RefusedError, UpstreamError, UpstreamKind
from bot.jobs.events import BecameUncertain, Cancelled, Declined, Delivered, Failed, FinalEvent, Receipt, Undelivered
from bot.jobs.facts import add_names, job_facts, job_spend, require_request, seen_of
from bot.jobs.failure import JobFailure, to_error
from bot.jobs.job import Job, JobState
from bot.pipeline.context import JobContext
from bot.wallet.admission import Admission

NOTIFY_TIMEOUT_S = 24 * 3600.0


class NotifyStep:
    """Shows the final event, and retries until the member could have read it."""

    def __init__(self, context: JobContext, outcomes: "Outcomes") -> None:
        self._context = context
        self._outcomes = outcomes

    async def run(self, job: Job) -> Job | None:
        context = self._context
        notified = await context.progress_messages.finish(job, await self._outcomes.final_event(job))
        now = context.clock.now()
        if not notified and not context.waited_long_enough(job, job.ended_at or now, NOTIFY_TIMEOUT_S):
            await context.postpone(job)
            return None
        return await context.jobs.set_notified(job, now=now)


class Outcomes:
    """Builds the final events."""

    def __init__(self, context: JobContext, admission: Admission) -> None:
        self._jobs = context.jobs
        self._pictures = context.pictures
        self._ledger = context.ledger
        self._admission = admission

    async def final_event(self, job: Job) -> FinalEvent:
        facts = job_facts(job)
        if job.state is JobState.DONE:
            if not any(row.state == "stored" for row in await self._pictures.pictures(job.id)):
                return Failed(facts=facts, error=add_names(UpstreamError(UpstreamKind.LOST, certain=False), job))
            receipt = await self._receipt(job)
            if job.way is None:
                return Undelivered(facts=facts, receipt=receipt)
            waiting = await self._jobs.undelivered(job.origin.user)
            return Delivered(
                facts=facts,
                receipt=receipt,
                elsewhere=job.way is Way.DIRECT,
                waiting=job_facts(waiting) if waiting is not None else None,
            )
        if job.state is JobState.CANCELLED:
            return Cancelled(facts=facts)
        if job.state is JobState.UNCERTAIN:
            counted = await self._ledger.settled(job.id)
            return BecameUncertain(facts=facts, seen=seen_of(job), counted=counted)
        stored_failure = job.error if job.error is not None else JobFailure(code=UpstreamKind.INTERNAL)
        match to_error(stored_failure):
            case RefusedError() as refusal:
                return Declined(facts=facts, error=refusal)
            case UpstreamError() as failure:
                return Failed(facts=facts, error=failure)

    async def _receipt(self, job: Job) -> Receipt:
        """The receipt; the images left are those of the window in which the job ended."""
        request = require_request(job)
        ended_at = job.ended_at if job.ended_at is not None else job.created_at
        rows = await self._pictures.pictures(job.id)
        hold = self._admission.hold(job.origin, images=0, now=ended_at)
        usage = await self._ledger.usage(hold.user, hold.window)
        spend = job_spend(job, rows)
        delivered = sum(row.state == "stored" for row in rows)
        counted = await self._ledger.settled(job.id) - min(delivered, request.count)
        return Receipt(
            model=request.model,
            gateway=request.gateway,
            seconds=ended_at - job.created_at,
            delivered=delivered,
            withheld=tuple((row.index + 1, row.error) for row in rows if row.error is not None),
            amount=spend.amount,
            currency=spend.currency,
            estimated=spend.estimated,
            left_today=max(0, usage.left(hold.granted)),
            seen=seen_of(job) if job.uncertain else None,
            counted=max(0, counted),
        )
