"""The final event of a job, built from its rows alone, so that any process can show it."""

from bot.chat.capabilities import Way
from bot.errors import RefusedError, UpstreamError, UpstreamKind
from bot.jobs.events import BecameUncertain, Cancelled, Declined, Delivered, Failed, FinalEvent, Undelivered
from bot.jobs.facts import add_names, job_facts, seen_of
from bot.jobs.failure import JobFailure, to_error
from bot.jobs.job import Job, JobState
from bot.pipeline.context import JobContext
from bot.pipeline.job_message.receipts import Receipts

NOTIFY_TIMEOUT_S = 24 * 3600.0


class NotifyStep:
    """Shows the final event, and retries until the member could have read it."""

    def __init__(self, context: JobContext, outcomes: "Outcomes") -> None:
        self._context = context
        self._outcomes = outcomes

    async def run(self, job: Job) -> Job | None:
        context = self._context
        event = await self._outcomes.final_event(job)
        if isinstance(event, Delivered):
            notified = await context.progress_messages.close(job, event)
        else:
            notified = await context.progress_messages.finish(job, event)
        now = context.clock.now()
        if not notified and not context.waited_long_enough(job, job.ended_at or now, NOTIFY_TIMEOUT_S):
            await context.postpone(job)
            return None
        return await context.jobs.set_notified(job, now=now)


class Outcomes:
    """Builds the final events."""

    def __init__(self, context: JobContext, receipts: Receipts) -> None:
        self._pictures = context.pictures
        self._ledger = context.ledger
        self._receipts = receipts

    async def final_event(self, job: Job) -> FinalEvent:
        facts = job_facts(job)
        if job.state is JobState.DONE:
            if not any(row.state == "stored" for row in await self._pictures.pictures(job.id)):
                return Failed(facts=facts, error=add_names(UpstreamError(UpstreamKind.LOST, certain=False), job.calls[0]))
            receipt = await self._receipts.receipt(job)
            if job.way is None:
                return Undelivered(facts=facts, receipt=receipt)
            return Delivered(facts=facts, receipt=receipt, elsewhere=job.way is Way.DIRECT)
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
