"""`delivering → done`: the set is posted to the member, tried again while the platform is away, else kept behind a button."""

import logging

from bot.jobs.job import Job, JobState, Move
from bot.pipeline.context import JobContext
from bot.pipeline.result_messages import ResultMessages

logger = logging.getLogger(__name__)

POST_FOR_S = 24 * 3600.0
"""How long a platform that does not answer is tried again before the pictures wait for their button."""


class DeliverStep:
    def __init__(self, context: JobContext, result_messages: ResultMessages) -> None:
        self._context = context
        self._result_messages = result_messages

    async def run_first(self, job: Job) -> Job | None:
        """The same where nobody can have posted it before."""
        return await self.run(job, untried=True)

    async def run(self, job: Job, *, untried: bool = False) -> Job | None:
        context = self._context
        outcome = await self._result_messages.post(job, untried=untried)
        tried_for = context.clock.now() - job.posting_since if job.posting_since is not None else 0.0
        if outcome.retry and tried_for < POST_FOR_S:
            await context.postpone(job)
            return None
        way = outcome.posted.way if outcome.posted is not None else None
        seconds = round(context.clock.now() - job.created_at, 1)
        logger.info("delivered" if way else "undelivered", extra={"job": job.id, "way": way, "seconds": seconds})
        return await context.jobs.move(job, Move(to=JobState.DONE, attempts=0, way=way), now=context.clock.now())
