"""`delivering → done`: post the set, retry while the platform is unavailable, and otherwise leave it to a button."""

import logging

from bot.jobs.facts import job_facts
from bot.jobs.job import Job, JobState, Move
from bot.pipeline.context import JobContext
from bot.pipeline.job_message.receipts import Receipts
from bot.pipeline.result_messages import Closing, ResultMessages

logger = logging.getLogger(__name__)

POST_TIMEOUT_S = 24 * 3600.0
"""How long posting is retried while a platform is unavailable; after that, only a button shows the pictures."""


class DeliverStep:
    def __init__(self, context: JobContext, result_messages: ResultMessages, receipts: Receipts) -> None:
        self._context = context
        self._receipts = receipts
        self._result_messages = result_messages

    async def run_first(self, job: Job) -> Job | None:
        """Run for a job whose set has certainly not been posted yet."""
        return await self.run(job, first_attempt=True)

    async def run(self, job: Job, *, first_attempt: bool = False) -> Job | None:
        context = self._context
        progress = await context.progress_messages.hand_over(job)
        outcome = await self._result_messages.post(
            job, first_attempt=first_attempt, closing=lambda: self._closing(job), progress=progress
        )
        since = job.posting_since if job.posting_since is not None else context.clock.now()
        if outcome.retry and not context.waited_long_enough(job, since, POST_TIMEOUT_S):
            await context.postpone(job)
            return None
        way = outcome.posted.way if outcome.posted is not None else None
        seconds = round(context.clock.now() - job.created_at, 1)
        logger.info("delivered" if way else "undelivered", extra={"job": job.id, "way": way, "seconds": seconds})
        return await context.jobs.move(job, Move(to=JobState.DONE, attempts=0, way=way), now=context.clock.now())

    async def _closing(self, job: Job) -> Closing:
        waiting = await self._context.jobs.undelivered(job.origin.user)
        receipt = await self._receipts.receipt(job)
        return Closing(receipt=receipt, waiting=None if waiting is None else job_facts(waiting))
