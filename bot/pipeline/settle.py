"""How a job ends: moves that close its hold and book what it cost, each honest about what is known."""

import logging

from bot.errors import CONTENT_KINDS, RefusedError, UpstreamError, UpstreamKind
from bot.jobs.facts import named, priced, request_of, spend_of
from bot.jobs.failure import JobFailure, failure_of
from bot.jobs.job import Job, JobState, Move
from bot.jobs.picture import PictureRow
from bot.pipeline.context import JobContext
from bot.wallet.admission import Admission

logger = logging.getLogger(__name__)


class Settlement:
    def __init__(self, context: JobContext, admission: Admission) -> None:
        self._context = context
        self._admission = admission

    async def give_up(self, job: Job) -> Job:
        """The nearest honest end: what we have is the member's, what nobody knows is uncertain, the rest goes back."""
        context, now = self._context, self._context.clock.now()
        match job.state:
            case JobState.RECEIVED | JobState.ACCEPTED:
                move = Move(to=JobState.FAILED, error=JobFailure(code=UpstreamKind.INTERNAL), settle=0)
            case JobState.SUBMITTING | JobState.RUNNING:
                return await self.end_call(job)
            case JobState.COLLECTING:
                rows = await context.pictures.pictures(job.id)
                if not any(row.state == "stored" for row in rows):
                    return await self.end_empty(job, rows)
                move = self.settling(job, rows)
            case JobState.DELIVERING:
                move = Move(to=JobState.DONE)
            case _:
                return await context.jobs.set_notified(job, now=now)
        return await context.jobs.move(job, move, now=now)

    async def expire(self, job: Job) -> Job:
        """It was in its state for too long, in whatever process: nothing that has not begun to cost is begun any more."""
        logger.warning("expired", extra={"job": job.id, "state": job.state.value})
        if job.state is JobState.ACCEPTED:
            return await self.fail(job, UpstreamError(UpstreamKind.TIMEOUT, certain=True), billed=0)
        return await self.give_up(job)

    async def end_call(self, job: Job) -> Job:
        """The paid call is over for us and nobody says how it ended: what came is kept, the rest is in doubt."""
        if any(row.state != "missing" for row in await self._context.pictures.pictures(job.id)):
            return await self._context.move_persistently(job, Move(to=JobState.COLLECTING, attempts=0, uncertain=True))
        return await self.become_uncertain(job)

    def settling(self, job: Job, rows: tuple[PictureRow, ...]) -> Move:
        stored = sum(row.state == "stored" for row in rows)
        return Move(
            to=JobState.DELIVERING,
            attempts=0,
            begins_posting=True,
            settle=min(stored, request_of(job).count),
            uncertain_limit=self._uncertain_limit(job) if job.uncertain else None,
            spend=spend_of(job, rows),
        )

    async def decline(self, job: Job, error: RefusedError) -> Job:
        """We say no before any work: nothing is held, nothing was spent."""
        logger.info("declined", extra={"job": job.id, "code": error.code})
        move = Move(to=JobState.FAILED, attempts=0, error=failure_of(error))
        return await self._context.jobs.move(job, move, now=self._context.clock.now())

    async def end_empty(self, job: Job, rows: tuple[PictureRow, ...]) -> Job:
        """The gateway has finished and not one picture is ours."""
        if job.uncertain:
            return await self.become_uncertain(job)
        kinds = [row.error for row in rows if row.error is not None]
        kind = kinds[0] if kinds else UpstreamKind.UPSTREAM
        return await self.fail(job, UpstreamError(kind, certain=True), billed=spend_of(job, rows).images)

    async def fail(self, job: Job, error: UpstreamError, *, billed: int) -> Job:
        """The gateway failed or refused: the reservation goes back whole, what was billed is the operator's."""
        end = JobState.REFUSED if error.kind in CONTENT_KINDS else JobState.FAILED
        spend = priced(job, images=billed, estimated=False) if billed else None
        move = Move(to=end, attempts=0, error=failure_of(named(error, job)), settle=0, spend=spend)
        return await self._context.move_persistently(job, move)

    async def become_uncertain(self, job: Job) -> Job:
        request = request_of(job)
        logger.warning("uncertain", extra={"job": job.id, "gateway": request.gateway})
        move = Move(
            to=JobState.UNCERTAIN,
            attempts=0,
            settle=0,
            uncertain_limit=self._uncertain_limit(job),
            spend=priced(job, images=request.count, estimated=True),
        )
        return await self._context.move_persistently(job, move)

    def _uncertain_limit(self, job: Job) -> int:
        return self._admission.uncertain_limit(job.origin)
