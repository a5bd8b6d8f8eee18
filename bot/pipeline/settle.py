"""How a job ends: moves that close its hold and book its cost, by what is known for certain."""

import logging

from bot.errors import CONTENT_KINDS, RefusedError, UpstreamError, UpstreamKind
from bot.jobs.facts import add_names, job_spend, price_images, require_request, uncertain_spend
from bot.jobs.failure import JobFailure, to_failure
from bot.jobs.job import Job, JobState, Move
from bot.jobs.picture import PictureRow
from bot.pipeline.context import JobContext
from bot.wallet.admission import Admission

logger = logging.getLogger(__name__)


class Settlement:
    def __init__(self, context: JobContext, admission: Admission) -> None:
        self._context = context
        self._admission = admission

    async def abandon(self, job: Job) -> Job:
        """End a job early: pictures on our disk are delivered, an open paid call becomes uncertain, the rest is released."""
        context, now = self._context, self._context.clock.now()
        match job.state:
            case JobState.RECEIVED | JobState.ACCEPTED:
                move = Move(to=JobState.FAILED, error=JobFailure(code=UpstreamKind.INTERNAL), settle=0)
            case JobState.SUBMITTING | JobState.RUNNING:
                return await self.abandon_call(job)
            case JobState.COLLECTING:
                rows = await context.pictures.pictures(job.id)
                if not any(row.state == "stored" for row in rows):
                    return await self.end_without_pictures(job, rows)
                move = self.settling_move(job, rows)
            case JobState.DELIVERING:
                move = Move(to=JobState.DONE)
            case _:
                return await context.jobs.set_notified(job, now=now)
        return await context.jobs.move(job, move, now=now)

    async def expire(self, job: Job) -> Job:
        """End a job that exceeded its deadline. One that was not paid for fails: no paid call is made for it any more."""
        logger.warning("expired", extra={"job": job.id, "state": job.state.value})
        if job.state is JobState.ACCEPTED:
            return await self.fail(job, UpstreamError(UpstreamKind.TIMEOUT, certain=True), billed=0)
        return await self.abandon(job)

    async def abandon_call(self, job: Job) -> Job:
        """End a paid call whose outcome is unknown: pictures that arrived are kept, the rest is uncertain."""
        if any(row.state != "missing" for row in await self._context.pictures.pictures(job.id)):
            return await self._context.move_persistently(job, Move(to=JobState.COLLECTING, attempts=0, uncertain=True))
        return await self.become_uncertain(job)

    def settling_move(self, job: Job, rows: tuple[PictureRow, ...]) -> Move:
        stored = sum(row.state == "stored" for row in rows)
        return Move(
            to=JobState.DELIVERING,
            attempts=0,
            begins_posting=True,
            settle=min(stored, require_request(job).count),
            uncertain_limit=self._uncertain_limit(job) if job.uncertain else None,
            spend=job_spend(job, rows),
        )

    async def decline(self, job: Job, error: RefusedError) -> Job:
        """Refuse a job before the paid call: what is held is released, and nothing was spent."""
        logger.info("declined", extra={"job": job.id, "code": error.code})
        move = Move(to=JobState.FAILED, attempts=0, error=to_failure(error), settle=0)
        return await self._context.jobs.move(job, move, now=self._context.clock.now())

    async def end_without_pictures(self, job: Job, rows: tuple[PictureRow, ...]) -> Job:
        """End a job whose gateway has finished, with no picture on our disk."""
        if job.uncertain:
            return await self.become_uncertain(job)
        kinds = [row.error for row in rows if row.error is not None]
        kind = kinds[0] if kinds else UpstreamKind.EMPTY
        return await self.fail(job, UpstreamError(kind, certain=True), billed=job_spend(job, rows).images)

    async def fail(self, job: Job, error: UpstreamError, *, billed: int) -> Job:
        """End a job that the gateway failed or refused: the whole hold is released; the operator bears what was billed."""
        end = JobState.REFUSED if error.kind in CONTENT_KINDS else JobState.FAILED
        spend = price_images(job, images=billed, estimated=False) if billed else None
        move = Move(to=end, attempts=0, error=to_failure(add_names(error, job)), settle=0, spend=spend)
        return await self._context.move_persistently(job, move)

    async def become_uncertain(self, job: Job, error: UpstreamError | None = None) -> Job:
        """End a job without pictures whose call may have been charged; `error` is what was seen, unless the row has it."""
        request = require_request(job)
        logger.warning("uncertain", extra={"job": job.id, "gateway": request.gateway})
        move = Move(
            to=JobState.UNCERTAIN,
            attempts=0,
            settle=0,
            uncertain_limit=self._uncertain_limit(job),
            error=None if error is None else to_failure(add_names(error, job)),
            spend=uncertain_spend(job),
        )
        return await self._context.move_persistently(job, move)

    def _uncertain_limit(self, job: Job) -> int:
        return self._admission.uncertain_limit(job.origin)
