"""The paid call: made once, heard to its end, picked up by a later process, never made again by itself unless nothing was spent."""

import logging
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from typing import assert_never

from bot.closing import Closing
from bot.collection import Collection
from bot.errors import UpstreamError, UpstreamKind
from bot.job import Job, JobState, Move
from bot.progress import Postponed, Submitted
from bot.receipts import facts_of, request_of
from bot.upstream.health import Turn
from bot.upstream.outcome import Begun, Completed, PictureMissing, PictureReady, Resumable, UpstreamEvent
from bot.workshop import GatewayPort, Workshop

logger = logging.getLogger(__name__)

SUBMIT_TRIES = 4
LONGEST_SUBMIT_PAUSE_S = 30.0


@dataclass(frozen=True, kw_only=True)
class _Called:
    """What came of the paid call, as far as we heard."""

    job: Job
    collection: Collection
    billed: int | None = None
    failure: UpstreamError | None = None
    announced: int = 0


class Calling:
    def __init__(self, workshop: Workshop, closing: Closing) -> None:
        self._shop = workshop
        self._closing = closing

    async def submit(self, job: Job) -> Job | Turn | None:
        """The paid call, if it is the job's turn; else the turn to wait for."""
        shop, request = self._shop, request_of(job)
        port = shop.gateways.get(request.gateway)
        if port is None:
            return await self._closing.fail(job, UpstreamError(UpstreamKind.UNREACHABLE, certain=True), billed=0)
        turn = port.turns.turn(job.id, request.count)
        if not turn.granted:
            return turn
        try:
            if shop.stopping():
                return None
            try:
                references = await shop.handover.wire_forms(request, port.upstream)
            except UpstreamError as error:
                return await self._stay_or_fail(job, error)
            move = Move(to=JobState.SUBMITTING)
            job = await shop.store.move(job, move, now=shop.clock.now())
            shop.announcer.announce(job, Submitted(facts=facts_of(job), model=request.model, gateway=request.gateway))
            called = await self._hear(job, port, port.upstream.submit(request, references))
        finally:
            turn.leave()
        return await self._after_call(called)

    async def _hear(self, job: Job, port: GatewayPort, told: AsyncGenerator[UpstreamEvent, None]) -> _Called:
        """The paid call, or what a task came to. Whatever is heard begins to be written at once, and is before the job moves on."""
        shop = self._shop
        collection = self._shop.collection(job, port)
        ours = frozenset(row.index for row in await shop.store.pictures(job.id) if row.state == "stored")
        billed, announced, failure = None, len(ours), None
        try:
            async with aclosing(told) as events:
                async for event in events:
                    match event:
                        case Begun():
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
        return _Called(job=job, collection=collection, billed=billed, failure=failure, announced=announced)

    async def _begin(self, job: Job, begun: Begun) -> Job:
        logger.info("begun", extra={"job": job.id, "gateway": request_of(job).gateway, "trace_id": begun.trace})
        if job.state is JobState.RUNNING:
            return job
        return await self._shop.move_patiently(job, Move(to=JobState.RUNNING, task=begun.task))

    async def _after_call(self, called: _Called) -> Job | None:
        job, failure = called.job, called.failure
        await called.collection.settle()
        if failure is None or called.announced:
            uncertain = failure is not None and not failure.certain
            move = Move(to=JobState.COLLECTING, attempts=0, billed=called.billed, uncertain=uncertain)
            return await self._shop.move_patiently(job, move)
        _log_upstream(job, failure)
        if not failure.certain:
            return await self._closing.become_uncertain(job)
        if failure.retryable and job.state is JobState.SUBMITTING and job.attempts + 1 < SUBMIT_TRIES:
            await self._try_again(job, failure)
            return None
        return await self._closing.fail(job, failure, billed=called.billed or 0)

    async def pick_up(self, job: Job) -> Job | None:
        """Found in the middle of the paid call by a later process: a task goes on, what came is kept, nothing is paid again."""
        request = request_of(job)
        port = self._shop.gateways.get(request.gateway)
        if job.task is not None and port is not None and isinstance(port.upstream, Resumable):
            return await self._after_call(await self._hear(job, port, port.upstream.resume(request, job.task)))
        return await self._closing.end_call(job)

    async def _stay_or_fail(self, job: Job, failure: UpstreamError) -> Job | None:
        """A reference could not be handed over: nothing has been asked of the gateway yet."""
        _log_upstream(job, failure)
        if failure.retryable and job.attempts + 1 < SUBMIT_TRIES:
            await self._shop.postpone(job)
            return None
        return await self._closing.fail(job, failure, billed=0)

    async def _try_again(self, job: Job, failure: UpstreamError) -> None:
        """Back to `accepted`, due later: no pause is slept in `submitting`."""
        pause = failure.retry_after_s or self._shop.pause(job.attempts, LONGEST_SUBMIT_PAUSE_S)
        now = self._shop.clock.now()
        move = Move(to=JobState.ACCEPTED, not_before=now + pause, attempts=job.attempts + 1)
        job = await self._shop.store.move(job, move, now=now)
        request = request_of(job)
        event = Postponed(
            facts=facts_of(job),
            model=request.model,
            gateway=request.gateway,
            kind=failure.kind,
            seconds=pause,
        )
        self._shop.announcer.announce(job, event)


def _log_upstream(job: Job, error: UpstreamError) -> None:
    found = {"job": job.id, "gateway": request_of(job).gateway, "code": error.code}
    logger.warning("upstream failed", extra={**found, "certain": error.certain, "detail": error.detail})
