"""How a call and a job end: moves that book what was billed and close the hold, by what is known for certain."""

import logging
from collections.abc import Sequence
from dataclasses import replace

from bot.errors import CONTENT_KINDS, RefusedError, UpstreamError, UpstreamKind
from bot.jobs.billing import call_spend
from bot.jobs.call import Call, CallMove, CallState
from bot.jobs.deadlines import late_at
from bot.jobs.facts import add_names, images_wanted, require_request
from bot.jobs.failure import JobFailure, to_failure
from bot.jobs.job import Job, JobState, Move
from bot.jobs.picture import PictureRow
from bot.pipeline.context import JobContext
from bot.wallet.admission import Admission
from bot.wallet.ledger import Spend

logger = logging.getLogger(__name__)

ENDS_WITHOUT_PICTURES = (
    (CallState.UNCERTAIN, JobState.UNCERTAIN),
    (CallState.REFUSED, JobState.REFUSED),
    (CallState.FAILED, JobState.FAILED),
    (CallState.ANSWERED, JobState.FAILED),
    (CallState.CANCELLED, JobState.CANCELLED),
)
"""How a job ends of which no picture is stored: by the first of these ends that one of its calls has."""


class Settlement:
    def __init__(self, context: JobContext, admission: Admission) -> None:
        self._context = context
        self._admission = admission

    async def abandon(self, job: Job) -> Job:
        """End a job early: pictures on our disk are delivered, open paid calls become uncertain, the rest is released."""
        context, now = self._context, self._context.clock.now()
        match job.state:
            case JobState.RECEIVED | JobState.ACCEPTED:
                move = Move(to=JobState.FAILED, error=JobFailure(code=UpstreamKind.INTERNAL), settle=0)
            case JobState.RUNNING:
                return await self._abandon_calls(job)
            case JobState.DELIVERING:
                move = Move(to=JobState.DONE)
            case _:
                return await context.jobs.set_notified(job, now=now)
        return await context.jobs.move(job, move, now=now)

    async def _abandon_calls(self, job: Job) -> Job:
        for call in job.open_calls:
            if call.state is CallState.PLANNED:
                job = await self.fail_call(job, call, UpstreamError(UpstreamKind.INTERNAL, certain=True))
            else:
                job = await self.abandon_call(job, call)
        for call in job.open_calls:
            job = await self.finish_call(job, call, await self._context.pictures.pictures(job.id))
        return job if job.state is not JobState.RUNNING else await self.finish(job)

    async def expire(self, job: Job) -> Job:
        """End a job, or its calls, that exceeded their deadline. What was not paid for fails: no paid call is made for it any more."""
        logger.warning("expired", extra={"job": job.id, "state": job.state.value})
        timeout, now = _timeout(), self._context.clock.now()
        late = [call for call in job.open_calls if late_at(call) < now]
        match job.state:
            case JobState.ACCEPTED:
                first = job.calls[0]
                move = Move(to=JobState.FAILED, attempts=0, error=to_failure(add_names(timeout, first)), settle=0)
                return await self._context.move_persistently(job, move)
            case JobState.RUNNING if late:
                for call in late:
                    planned = call.state is CallState.PLANNED
                    job = await (self.fail_call(job, call, timeout) if planned else self.abandon_call(job, call))
                return job
            case _:
                return await self.abandon(job)

    async def expire_planned(self, job: Job, call: Call) -> Job:
        """End a call that has waited for too long, while others of its job are at work."""
        logger.warning("expired", extra={"job": job.id, "call": call.number, "state": call.state.value})
        return await self.fail_call(job, call, _timeout())

    async def cancel_call(self, job: Job, call: Call) -> Job:
        """End a call that was put back after the member had stopped the job: it is not made again."""
        return await self._end_call(
            job, call, CallMove(to=CallState.CANCELLED, attempts=0), await self._context.pictures.pictures(job.id)
        )

    async def abandon_call(self, job: Job, call: Call) -> Job:
        """End a paid call whose outcome is unknown: pictures that arrived are kept, the rest is uncertain."""
        rows = await self._context.pictures.pictures(job.id)
        # Without a record the process ended during the call, and its connection with it.
        error = call.error or to_failure(add_names(UpstreamError(UpstreamKind.AMBIGUOUS, certain=False), call))
        if call.state is CallState.COLLECTING:
            return await self.finish_call(job, call, rows)
        if any(row.state != "missing" for row in rows if row.call == call.number):
            move = CallMove(to=CallState.COLLECTING, attempts=0, error=error)
            return await self._context.move_call_persistently(job, call, move)
        return await self.finish_call(job, replace(call, error=error), rows)

    async def finish_call(self, job: Job, call: Call, rows: Sequence[PictureRow]) -> Job:
        """End a call that is read to its end, with the pictures that are stored. One with an error has an incomplete answer.

        `rows`: of all pictures of the job.
        """
        own = [row for row in rows if row.call == call.number]
        spend = call_spend(require_request(job), call, own, doubtful=call.error is not None)
        if call.error is not None:
            logger.warning("uncertain", extra={"job": job.id, "call": call.number, "gateway": call.gateway})
            move = CallMove(to=CallState.UNCERTAIN, attempts=0, error=call.error, spend=spend, missing=UpstreamKind.AMBIGUOUS)
            return await self._end_call(job, call, move, rows)
        if any(row.state == "stored" for row in own):
            move = CallMove(to=CallState.ANSWERED, attempts=0, spend=spend, missing=UpstreamKind.EMPTY)
            return await self._end_call(job, call, move, rows)
        kinds = [row.error for row in own if row.error is not None]
        return await self.fail_call(
            job, call, UpstreamError(kinds[0] if kinds else UpstreamKind.EMPTY, certain=True), spend=spend
        )

    async def fail_call(
        self,
        job: Job,
        call: Call,
        error: UpstreamError | RefusedError,
        *,
        spend: Spend | None = None,
        told: RefusedError | None = None,
    ) -> Job:
        """End a call that the gateway failed or refused, or that we did not make: the operator bears what was billed.

        `told`: what the member reads in place of the error.
        """
        rows = await self._context.pictures.pictures(job.id)
        booked = None if spend is None or spend.is_nothing else spend
        if isinstance(error, RefusedError):
            logger.info("declined", extra={"job": job.id, "call": call.number, "code": error.code})
            move = CallMove(to=CallState.FAILED, attempts=0, error=to_failure(error), missing=UpstreamKind.REFERENCE)
        else:
            end = CallState.REFUSED if error.kind in CONTENT_KINDS else CallState.FAILED
            named = to_failure(told or add_names(error, call))
            move = CallMove(to=end, attempts=0, error=named, spend=booked, missing=error.kind)
        return await self._end_call(job, call, move, rows)

    async def _end_call(self, job: Job, call: Call, move: CallMove, rows: Sequence[PictureRow]) -> Job:
        """Write the end of a call; with the last one, the job is settled in the same transaction."""
        if len(job.calls) == 1:
            # Its pictures have no others to wait for, and the end of the job says why they have not come.
            move = replace(move, missing=None)
        ended = job.with_call(replace(call, state=move.to, error=move.error or call.error))
        then = None if ended.open_calls else self._settling_move(ended, rows)
        return await self._context.move_call_persistently(job, call, move, then=then)

    async def finish(self, job: Job) -> Job:
        """Settle a job all of whose calls are over."""
        rows = await self._context.pictures.pictures(job.id)
        return await self._context.move_persistently(job, self._settling_move(job, rows))

    def _settling_move(self, job: Job, rows: Sequence[PictureRow]) -> Move:
        """How a job ends, or goes on, when its calls are over: the member's pictures are those on our disk."""
        stored = sum(row.state == "stored" for row in rows)
        settle = min(stored, images_wanted(job))
        doubtful, limit = _doubtful_images(job, rows), self._admission.uncertain_limit(job.origin)
        if stored:
            return Move(
                to=JobState.DELIVERING,
                attempts=0,
                begins_posting=True,
                settle=settle,
                doubtful=doubtful,
                uncertain_limit=limit,
            )
        for ended, end in ENDS_WITHOUT_PICTURES:
            found = next((call for call in job.calls if call.state is ended), None)
            if found is not None:
                return Move(to=end, attempts=0, error=found.error, settle=0, doubtful=doubtful, uncertain_limit=limit)
        return Move(to=JobState.FAILED, attempts=0, error=JobFailure(code=UpstreamKind.INTERNAL), settle=0)

    async def decline(self, job: Job, error: RefusedError) -> Job:
        """Refuse a job before any paid call: what is held is released, and nothing was spent."""
        logger.info("declined", extra={"job": job.id, "code": error.code})
        move = Move(to=JobState.FAILED, attempts=0, error=to_failure(error), settle=0)
        return await self._context.jobs.move(job, move, now=self._context.clock.now())


def _timeout() -> UpstreamError:
    return UpstreamError(UpstreamKind.TIMEOUT, certain=True)


def _doubtful_images(job: Job, rows: Sequence[PictureRow]) -> int:
    """How many pictures have not come that may have been charged: what is missing of the uncertain calls."""
    missing = 0
    for call in job.calls:
        if call.state is CallState.UNCERTAIN:
            stored = sum(row.state == "stored" and row.call == call.number for row in rows)
            missing += max(0, call.wants - stored)
    return missing
