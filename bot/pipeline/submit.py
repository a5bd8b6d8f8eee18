"""The paid call: made once, heard to its end, picked up by a later process, never made again by itself unless nothing was spent."""

import logging
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from typing import assert_never

from bot.errors import UpstreamError, UpstreamKind
from bot.jobs.events import Postponed, Submitted
from bot.jobs.facts import facts_of, request_of
from bot.jobs.job import Job, JobState, Move
from bot.jobs.ports import Slot
from bot.pipeline.collect import Collection, collection_of
from bot.pipeline.context import GatewayPort, JobContext
from bot.pipeline.reference_transfer import ReferenceTransfer
from bot.pipeline.settle import Settlement
from bot.upstream.contract import Completed, PictureMissing, PictureReady, Started, UpstreamEvent

logger = logging.getLogger(__name__)

SUBMIT_TRIES = 4
LONGEST_SUBMIT_PAUSE_S = 30.0


@dataclass(frozen=True, kw_only=True)
class _CallResult:
    """What came of the paid call, as far as we heard."""

    job: Job
    collection: Collection
    billed: int | None = None
    failure: UpstreamError | None = None
    announced: int = 0


class SubmitStep:
    def __init__(self, context: JobContext, settlement: Settlement, reference_transfer: ReferenceTransfer) -> None:
        self._context = context
        self._settlement = settlement
        self._reference_transfer = reference_transfer

    async def run(self, job: Job) -> Job | Slot | None:
        """The paid call, if it is the job's turn; else the turn to wait for."""
        context, request = self._context, request_of(job)
        port = context.gateways.get(request.gateway)
        if port is None:
            return await self._settlement.fail(job, UpstreamError(UpstreamKind.UNREACHABLE, certain=True), billed=0)
        slot = port.limiter.slot(job.id, request.count)
        if not slot.granted:
            return slot
        try:
            if context.stopping():
                return None
            try:
                references = await self._reference_transfer.wire_forms(request, port.upstream)
            except UpstreamError as error:
                return await self._stay_or_fail(job, error)
            move = Move(to=JobState.SUBMITTING)
            job = await context.jobs.move(job, move, now=context.clock.now())
            context.progress_messages.announce(job, Submitted(facts=facts_of(job), model=request.model, gateway=request.gateway))
            result = await self._consume(job, port, port.upstream.submit(request, references))
        finally:
            slot.release()
        return await self._after_call(result)

    async def _consume(self, job: Job, port: GatewayPort, stream: AsyncGenerator[UpstreamEvent, None]) -> _CallResult:
        """The paid call, or what a task came to. Whatever is heard begins to be written at once, and is before the job moves on."""
        context = self._context
        collection = collection_of(job, port, context)
        ours = frozenset(row.index for row in await context.pictures.pictures(job.id) if row.state == "stored")
        billed, announced, failure = None, len(ours), None
        try:
            async with aclosing(stream) as events:
                async for event in events:
                    match event:
                        case Started():
                            job = await self._begin(job, event)
                        case PictureReady(index=index) if index in ours:
                            continue
                        case PictureReady(index=index, address=address, data=data):
                            announced += 1
                            await collection.announce(index, address=address, data=data)
                        case PictureMissing(index=index, error=error):
                            await collection.miss(index, error.kind)
                        case Completed(billed=count):
                            billed = count
                        case _:
                            assert_never(event)
        except UpstreamError as error:
            failure = error
        except BaseException:
            await collection.cancel()
            raise
        return _CallResult(job=job, collection=collection, billed=billed, failure=failure, announced=announced)

    async def _begin(self, job: Job, begun: Started) -> Job:
        logger.info("begun", extra={"job": job.id, "gateway": request_of(job).gateway, "trace_id": begun.trace})
        if job.state is JobState.RUNNING:
            return job
        return await self._context.move_persistently(job, Move(to=JobState.RUNNING, task=begun.task))

    async def _after_call(self, result: _CallResult) -> Job | None:
        job, failure = result.job, result.failure
        await result.collection.settle()
        if failure is None or result.announced:
            uncertain = failure is not None and not failure.certain
            move = Move(to=JobState.COLLECTING, attempts=0, billed=result.billed, uncertain=uncertain)
            return await self._context.move_persistently(job, move)
        _log_upstream(job, failure)
        if not failure.certain:
            return await self._settlement.become_uncertain(job)
        if failure.retryable and job.state is JobState.SUBMITTING and job.attempts + 1 < SUBMIT_TRIES:
            await self._try_again(job, failure)
            return None
        return await self._settlement.fail(job, failure, billed=result.billed or 0)

    async def resume(self, job: Job) -> Job | None:
        """Found in the middle of the paid call by a later process: a task goes on, what came is kept, nothing is paid again."""
        request = request_of(job)
        port = self._context.gateways.get(request.gateway)
        if job.task is not None and port is not None and port.upstream.can_resume(request):
            await self._context.catch_up(job)
            return await self._after_call(await self._consume(job, port, port.upstream.resume(request, job.task)))
        return await self._settlement.end_call(job)

    async def _stay_or_fail(self, job: Job, failure: UpstreamError) -> Job | None:
        """A reference could not be handed over: nothing has been asked of the gateway yet."""
        _log_upstream(job, failure)
        if failure.retryable and job.attempts + 1 < SUBMIT_TRIES:
            await self._context.postpone(job)
            return None
        return await self._settlement.fail(job, failure, billed=0)

    async def _try_again(self, job: Job, failure: UpstreamError) -> None:
        """Back to `accepted`, due later: no pause is slept in `submitting`."""
        pause = failure.retry_after_s or self._context.pause(job.attempts, LONGEST_SUBMIT_PAUSE_S)
        now = self._context.clock.now()
        move = Move(to=JobState.ACCEPTED, not_before=now + pause, attempts=job.attempts + 1)
        job = await self._context.jobs.move(job, move, now=now)
        request = request_of(job)
        event = Postponed(
            facts=facts_of(job),
            model=request.model,
            gateway=request.gateway,
            kind=failure.kind,
            seconds=pause,
        )
        self._context.progress_messages.announce(job, event)


def _log_upstream(job: Job, error: UpstreamError) -> None:
    found = {"job": job.id, "gateway": request_of(job).gateway, "code": error.code}
    logger.warning("upstream failed", extra={**found, "certain": error.certain, "detail": error.detail})
