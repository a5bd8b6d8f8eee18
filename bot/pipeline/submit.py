"""The paid call: made once and read to its end, or resumed by a later process; repeated only if nothing was spent."""

import dataclasses
import logging
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import assert_never

from bot.catalog.load import shipped
from bot.errors import RefusalCode, RefusedError, StoreCode, StoreError, UpstreamError, UpstreamKind
from bot.jobs.events import Accepted, Postponed, Submitted
from bot.jobs.facts import add_names, current_progress, job_facts, require_request
from bot.jobs.failure import to_failure
from bot.jobs.job import Job, JobState, Move
from bot.jobs.ports import Slot
from bot.pipeline.collect import Collection, build_collection
from bot.pipeline.context import WRITE_RETRY_S, GatewayPort, JobContext
from bot.pipeline.references.reference_transfer import ReferenceTransfer
from bot.pipeline.settle import Settlement
from bot.requests.request import Request
from bot.upstream.contract import Completed, PictureMissing, PictureReady, Started, UpstreamEvent, WireReference
from bot.values import dataclass
from bot.wallet.admission import Admission

logger = logging.getLogger(__name__)

SUBMIT_TRIES = 4
MAX_SUBMIT_RETRY_S = 30.0
UNREACHED_HINT = "the gateway must reach PUBLIC_URL from the internet; seedream-bot doctor checks it"
PUT_BACK_TRIES = 3
"""While the process stops; otherwise a job is put back as soon as the store works again."""


@dataclasses.dataclass
class _Departure:
    """Whether anything of a paid call can have left this machine."""

    possible: bool = False

    def note(self) -> None:
        self.possible = True


@dataclass(frozen=True, kw_only=True)
class _CallResult:
    """What is known of the paid call after its last event."""

    job: Job
    collection: Collection
    billed: int | None = None
    failure: UpstreamError | None = None
    unread: UpstreamError | None = None
    """A picture of the answer that cannot be read and may have been charged."""
    announced: int = 0

    @property
    def doubt(self) -> UpstreamError | None:
        """Why the outcome is uncertain; None if it is certain."""
        if self.failure is not None:
            return None if self.failure.certain else self.failure
        return self.unread if self.billed != 0 else None


class SubmitStep:
    def __init__(
        self,
        context: JobContext,
        settlement: Settlement,
        reference_transfer: ReferenceTransfer,
        admission: Admission,
    ) -> None:
        self._context = context
        self._settlement = settlement
        self._reference_transfer = reference_transfer
        self._admission = admission

    async def run(self, job: Job) -> Job | Slot | None:
        """Make the paid call if the job has a slot; otherwise return the slot that it is queued for."""
        context, request = self._context, require_request(job)
        port = context.gateways.get(request.gateway)
        if port is None:
            return await self._settlement.fail(job, UpstreamError(UpstreamKind.UNREACHABLE, certain=True), billed=0)
        if not await context.progress_messages.show_first(job, current_progress(job, ())):
            return await self._settlement.decline(job, RefusedError(RefusalCode.MEMBER_OUT_OF_REACH))
        at_once = self._admission.jobs_at_once(job.origin)
        slot = port.limiter.slot(job.id, request.count, job.origin.user, at_once=at_once)
        if not slot.granted:
            place = port.limiter.place(job.id)
            accepted = Accepted(facts=job_facts(job), model=request.model, gateway=request.gateway, place=place)
            context.progress_messages.show(job, accepted)
            return slot
        try:
            if context.stopping():
                return None
            try:
                references = await self._reference_transfer.wire_forms(request, port.upstream)
            except RefusedError as error:
                return await self._settlement.decline(job, error)
            except UpstreamError as error:
                return await self._retry_or_fail(job, error)
            result = await self._call(job, port, references)
        finally:
            slot.release()
        return await self._after_call(result)

    async def _call(self, job: Job, port: GatewayPort, references: Sequence[WireReference]) -> _CallResult:
        """Record that the paid call is made, and make it.

        What keeps it from leaving this machine, a stop or an error, puts the job back: only after a crash is that unknown.
        """
        context, request, departure = self._context, require_request(job), _Departure()
        try:
            submitting = await context.jobs.move(job, Move(to=JobState.SUBMITTING), now=context.clock.now())
            event = Submitted(facts=job_facts(job), model=request.model, gateway=request.gateway)
            context.progress_messages.show(submitting, event)
            events = port.upstream.submit(request, references, on_sending=departure.note)
            result = await self._consume(submitting, port, events)
        except BaseException:
            if not departure.possible:
                await self._put_back(replace(job, state=JobState.SUBMITTING))
            raise
        if departure.possible or result.failure is None or result.failure.certain:
            return result
        return replace(result, failure=_not_sent(result.failure))

    async def _put_back(self, job: Job) -> None:
        """Move a job of which nothing was sent back to `accepted`, free of charge, if it ever left that state."""
        tries = PUT_BACK_TRIES
        while True:
            try:
                await self._context.jobs.move(job, Move(to=JobState.ACCEPTED), now=self._context.clock.now())
            except StoreError as error:
                if error.store is StoreCode.FENCED:
                    # It was never moved: the error came before the commit.
                    return
                tries -= int(self._context.stopping())
                if not error.retryable or not tries:
                    logger.warning("not put back", extra={"job": job.id, "code": error.code, "detail": error.detail})
                    return
                await self._context.clock.sleep(WRITE_RETRY_S)
            else:
                return

    async def _consume(self, job: Job, port: GatewayPort, stream: AsyncGenerator[UpstreamEvent, None]) -> _CallResult:
        """Read the events of a paid call or of a resumed task. Each is written as it arrives, and all before the job moves on."""
        context = self._context
        stored = frozenset(row.index for row in await context.pictures.pictures(job.id) if row.state == "stored")
        collection = build_collection(job, port, context, stored=len(stored))
        billed, announced, failure, unread = None, len(stored), None, None
        try:
            async with aclosing(stream) as events:
                async for event in events:
                    match event:
                        case Started():
                            job = await self._record_start(job, event)
                        case PictureReady(index=index) if index in stored:
                            continue
                        case PictureReady(index=index, address=address, data=data):
                            announced += 1
                            await collection.add(index, address=address, data=data)
                        case PictureMissing(index=index, error=error):
                            unread = unread if error.certain else error
                            await collection.record_missing(index, error.kind)
                        case Completed(billed=count, surplus=surplus):
                            billed = announced + surplus if count is None and surplus else count
                            _log_surplus(job, surplus)
                        case _:
                            assert_never(event)
        except UpstreamError as error:
            failure = error
        except BaseException:
            await collection.cancel()
            raise
        return _CallResult(job=job, collection=collection, billed=billed, failure=failure, unread=unread, announced=announced)

    async def _record_start(self, job: Job, started: Started) -> Job:
        logger.info("begun", extra={"job": job.id, "gateway": require_request(job).gateway, "trace_id": started.trace})
        if job.state is JobState.RUNNING:
            return job
        return await self._context.move_persistently(job, Move(to=JobState.RUNNING, task=started.task))

    async def _after_call(self, result: _CallResult) -> Job | None:
        job, failure = result.job, result.failure
        await result.collection.wait()
        if failure is None or result.announced:
            doubt = None if result.doubt is None else to_failure(add_names(result.doubt, job))
            uncertain = doubt is not None
            move = Move(to=JobState.COLLECTING, attempts=0, billed=result.billed, uncertain=uncertain, error=doubt)
            return await self._context.move_persistently(job, move)
        _log_upstream(job, failure)
        if not failure.certain:
            return await self._settlement.become_uncertain(job, failure)
        if failure.retryable and job.state is JobState.SUBMITTING and job.attempts + 1 < SUBMIT_TRIES:
            await self._retry_later(job, failure)
            return None
        return await self._settlement.fail(job, failure, billed=result.billed or 0)

    async def resume(self, job: Job) -> Job | None:
        """Continue a paid call that an earlier process left: resume its task, or end the call; nothing is paid for again."""
        request = require_request(job)
        port = self._context.gateways.get(request.gateway)
        if job.task is not None and port is not None and port.upstream.can_resume(request):
            await self._context.show_current_progress(job)
            return await self._after_call(await self._consume(job, port, port.upstream.resume(request, job.task)))
        return await self._settlement.abandon_call(job)

    async def _retry_or_fail(self, job: Job, failure: UpstreamError) -> Job | None:
        """Handle a reference that could not be transferred: the paid call has not been made."""
        _log_upstream(job, failure)
        if failure.retryable and job.attempts + 1 < SUBMIT_TRIES:
            await self._context.postpone(job)
            return None
        return await self._settlement.fail(job, failure, billed=0)

    async def _retry_later(self, job: Job, failure: UpstreamError) -> None:
        """Move the job back to `accepted`, due later: it must not wait in `submitting`."""
        delay_s = failure.retry_after_s or self._context.retry_delay(job.attempts, MAX_SUBMIT_RETRY_S)
        not_before = self._context.clock.now() + delay_s
        # Persistently: found in `submitting` by another process, it would be uncertain.
        job = await self._context.move_persistently(
            job, Move(to=JobState.ACCEPTED, not_before=not_before, attempts=job.attempts + 1)
        )
        request = require_request(job)
        event = Postponed(
            facts=job_facts(job),
            model=request.model,
            gateway=request.gateway,
            kind=failure.kind,
            seconds=delay_s,
        )
        self._context.progress_messages.show(job, event)


def _not_sent(error: UpstreamError) -> UpstreamError:
    """The same failure of a call that never left this machine: nothing was spent, whatever its kind."""
    detail = f"nothing was sent: {error.detail}"
    return UpstreamError(UpstreamKind.UNREACHABLE, certain=True, retryable=True, detail=detail)


def _log_upstream(job: Job, error: UpstreamError) -> None:
    request = require_request(job)
    fields = {"job": job.id, "gateway": request.gateway, "code": error.code}
    hint = {"hint": UNREACHED_HINT} if error.kind is UpstreamKind.REFERENCE_DOWNLOAD and _is_signed(request) else {}
    logger.warning("upstream failed", extra={**fields, "certain": error.certain, "detail": error.detail, **hint})


def _is_signed(request: Request) -> bool:
    """Whether the gateway downloads references from our own address."""
    return shipped().dialects[request.dialect].references.bytes_as == "signed"


def _log_surplus(job: Job, surplus: int) -> None:
    if surplus:
        request = require_request(job)
        fields = {"job": job.id, "gateway": request.gateway, "asked": request.count, "surplus": surplus}
        logger.warning("more pictures than asked for", extra=fields)
