"""advance(job): the only code that moves a job. Each step starts from rows, so it may begin again in another process."""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import assert_never

from bot.admission import Admission
from bot.announcer import Announcer
from bot.clock import Clock
from bot.collection import Collection, Downloads
from bot.errors import CONTENT_KINDS, DeliveryError, RefusalCode, RefusedError, UpstreamError, UpstreamKind
from bot.ids import GatewayName
from bot.images.studio import Studio
from bot.job import ENDS, Job, JobState, JobStore, Move, PictureRow
from bot.posting import Posting
from bot.preparation import Preparation
from bot.progress import (
    Accepted,
    BecameUncertain,
    Collected,
    Declined,
    Delivered,
    Failed,
    FinalEvent,
    PictureArrived,
    Postponed,
    Receipt,
    Received,
    Submitted,
    Undelivered,
)
from bot.receipts import blob_of, data_url, facts_of, named, priced, request_of, spend_of
from bot.references import Reference
from bot.store.blobs import Blobs
from bot.upstream.outcome import Begun, Completed, PictureMissing, PictureReady, Upstream

logger = logging.getLogger(__name__)

FETCH_TRIES = 3
SUBMIT_TRIES = 4
COLLECT_TRIES = 5
POST_FOR_S = 3600.0
"""How long a platform that does not answer is tried again before the pictures wait for their button."""
LONGEST_PAUSE_S = 30.0


@dataclass(frozen=True, kw_only=True)
class GatewayPort:
    """A configured gateway as the worker uses it: its wire, its result downloads, its paid calls at once."""

    upstream: Upstream
    downloads: Downloads
    slots: asyncio.Semaphore


@dataclass(frozen=True, kw_only=True)
class _Called:
    """What came of the paid call, as far as we heard."""

    job: Job
    billed: int | None = None
    failure: UpstreamError | None = None
    announced: int = 0


@dataclass(frozen=True, kw_only=True)
class Workshop:
    """What the worker works with."""

    store: JobStore
    blobs: Blobs
    studio: Studio
    clock: Clock
    gateways: Mapping[GatewayName, GatewayPort]
    preparation: Preparation
    admission: Admission
    announcer: Announcer
    posting: Posting
    jitter: random.Random = field(default_factory=random.Random)


class Worker:
    def __init__(self, workshop: Workshop) -> None:
        self._shop = workshop
        self._steps: dict[JobState, Callable[[Job], Awaitable[Job | None]]] = {
            JobState.RECEIVED: self._prepare,
            JobState.ACCEPTED: self._submit,
            JobState.SUBMITTING: self._pick_up,
            JobState.RUNNING: self._pick_up,
            JobState.COLLECTING: self._collect,
            JobState.DELIVERING: self._deliver,
        }

    async def advance(self, job: Job) -> None:
        """Move a claimed job until it ends or has to wait for its time."""
        while job.state not in ENDS:
            following = await self._steps[job.state](job)
            if following is None:
                return
            job = following

    async def _prepare(self, job: Job) -> Job | None:
        shop = self._shop
        shop.announcer.announce(job, Received(facts=facts_of(job)))
        try:
            candidate = await shop.preparation.prepare(job)
            now = shop.clock.now()
            hold = shop.admission.hold(job.origin, images=candidate.request.count, now=now)
            accepted = await shop.store.accept(
                job,
                request=candidate.request,
                unit_price=candidate.price.unit if candidate.price is not None else None,
                currency=candidate.price.currency if candidate.price is not None else None,
                hold=hold,
                now=now,
            )
        except RefusedError as error:
            return await self._decline(job, self._zoned(error))
        except DeliveryError:
            if job.attempts + 1 < FETCH_TRIES:
                await self._postpone(job)
                return None
            return await self._decline(job, RefusedError(RefusalCode.REF_GONE, number=1))
        request = candidate.request
        shop.announcer.announce(accepted, Accepted(facts=facts_of(accepted), model=request.model, gateway=request.gateway))
        return accepted

    async def _submit(self, job: Job) -> Job | None:
        shop, request = self._shop, request_of(job)
        port = shop.gateways.get(request.gateway)
        if port is None:
            return await self._fail(job, UpstreamError(UpstreamKind.UNREACHABLE, certain=True), billed=0)
        async with port.slots:
            references = [await self._in_wire_form(reference) for reference in request.references]
            move = Move(to=JobState.SUBMITTING)
            job = await shop.store.move(job, move, now=shop.clock.now())
            shop.announcer.announce(job, Submitted(facts=facts_of(job), model=request.model, gateway=request.gateway))
            called = await self._call(job, port, references)
        return await self._after_call(called)

    async def _call(self, job: Job, port: GatewayPort, references: list[str]) -> _Called:
        """The paid call. Whatever is heard is written before the next thing is listened for."""
        shop = self._shop
        collection = self._collection(job, port)
        billed, announced, failure = None, 0, None
        try:
            async with aclosing(port.upstream.submit(request_of(job), references)) as events:
                async for event in events:
                    match event:
                        case Begun(task=task):
                            job = await shop.store.move(job, Move(to=JobState.RUNNING, task=task), now=shop.clock.now())
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
        await collection.settle()
        return _Called(job=job, billed=billed, failure=failure, announced=announced)

    async def _after_call(self, called: _Called) -> Job | None:
        shop, job, failure = self._shop, called.job, called.failure
        if failure is None or called.announced:
            uncertain = failure is not None and not failure.certain
            move = Move(to=JobState.COLLECTING, attempts=0, billed=called.billed, uncertain=uncertain)
            return await shop.store.move(job, move, now=shop.clock.now())
        _log_upstream(job, failure)
        if not failure.certain:
            return await self._become_uncertain(job)
        if failure.retryable and job.state is JobState.SUBMITTING and job.attempts + 1 < SUBMIT_TRIES:
            await self._try_again(job, failure)
            return None
        return await self._fail(job, failure, billed=called.billed or 0)

    async def _pick_up(self, job: Job) -> Job | None:
        """Found in the middle of the paid call by a later process: what came is kept, nothing is asked again."""
        if any(row.state != "missing" for row in await self._shop.store.pictures(job.id)):
            move = Move(to=JobState.COLLECTING, attempts=0, uncertain=True)
            return await self._shop.store.move(job, move, now=self._shop.clock.now())
        return await self._become_uncertain(job)

    async def _collect(self, job: Job) -> Job | None:
        shop, request = self._shop, request_of(job)
        port = shop.gateways.get(request.gateway)
        if port is not None:
            collection = self._collection(job, port)
            if not await collection.finish(last_try=job.attempts + 1 >= COLLECT_TRIES):
                await self._postpone(job)
                return None
        rows = await shop.store.pictures(job.id)
        stored = sum(row.state == "stored" for row in rows)
        if not stored:
            return await self._end_empty(job, rows)
        settled = Move(
            to=JobState.DELIVERING,
            attempts=0,
            settle=min(stored, request.count),
            spend=spend_of(job, rows),
        )
        job = await shop.store.move(job, settled, now=shop.clock.now())
        shop.announcer.announce(job, Collected(facts=facts_of(job), arrived=stored))
        return job

    async def _deliver(self, job: Job) -> Job | None:
        shop = self._shop
        outcome = await shop.posting.post_result(job)
        tried_for = shop.clock.now() - job.posting_since if job.posting_since is not None else 0.0
        if outcome.retry and tried_for < POST_FOR_S:
            await self._postpone(job)
            return None
        receipt = await self._receipt(job)
        if outcome.posted is None:
            event: FinalEvent = Undelivered(facts=facts_of(job), receipt=receipt)
        else:
            event = Delivered(facts=facts_of(job), receipt=receipt, elsewhere=outcome.elsewhere)
        await shop.announcer.conclude(job, event)
        return await shop.store.move(job, Move(to=JobState.DONE), now=shop.clock.now())

    async def _receipt(self, job: Job) -> Receipt:
        shop, request, now = self._shop, request_of(job), self._shop.clock.now()
        rows = await shop.store.pictures(job.id)
        delivered = sum(row.state == "stored" for row in rows)
        hold = shop.admission.hold(job.origin, images=0, now=now)
        usage = await shop.store.usage(hold.user, hold.window)
        spend = spend_of(job, rows)
        return Receipt(
            model=request.model,
            gateway=request.gateway,
            seconds=now - job.created_at,
            delivered=delivered,
            withheld=tuple((row.index + 1, row.error) for row in rows if row.error is not None),
            amount=spend.amount,
            currency=spend.currency,
            left_today=max(0, hold.granted - usage.settled - usage.held),
            uncertain=job.uncertain,
        )

    async def _decline(self, job: Job, error: RefusedError) -> Job:
        """We say no before any work: nothing is held, nothing was spent."""
        now = self._shop.clock.now()
        job = await self._shop.store.move(job, Move(to=JobState.FAILED, error=error.refusal), now=now)
        logger.info("declined", extra={"job": job.id, "code": error.code})
        await self._shop.announcer.conclude(job, Declined(facts=facts_of(job), error=error))
        return job

    async def _end_empty(self, job: Job, rows: tuple[PictureRow, ...]) -> Job:
        """The gateway has finished and not one picture is ours."""
        if job.uncertain:
            return await self._become_uncertain(job)
        kinds = [row.error for row in rows if row.error is not None]
        kind = kinds[0] if kinds else UpstreamKind.UPSTREAM
        return await self._fail(job, UpstreamError(kind, certain=True), billed=spend_of(job, rows).images)

    async def _fail(self, job: Job, error: UpstreamError, *, billed: int) -> Job:
        """The gateway failed or refused: the reservation goes back whole, what was billed is the operator's."""
        end = JobState.REFUSED if error.kind in CONTENT_KINDS else JobState.FAILED
        spend = priced(job, images=billed, estimated=False) if billed else None
        move = Move(to=end, error=error.kind, settle=0, spend=spend)
        job = await self._shop.store.move(job, move, now=self._shop.clock.now())
        await self._shop.announcer.conclude(job, Failed(facts=facts_of(job), error=named(error, job)))
        return job

    async def _become_uncertain(self, job: Job) -> Job:
        request = request_of(job)
        spend = priced(job, images=request.count, estimated=True)
        move = Move(to=JobState.UNCERTAIN, error=UpstreamKind.AMBIGUOUS, settle=0, spend=spend)
        job = await self._shop.store.move(job, move, now=self._shop.clock.now())
        logger.warning("uncertain", extra={"job": job.id, "gateway": request.gateway})
        await self._shop.announcer.conclude(job, BecameUncertain(facts=facts_of(job), gateway=request.gateway))
        return job

    async def _try_again(self, job: Job, failure: UpstreamError) -> None:
        """Back to `accepted`, due later: no pause is slept in `submitting`."""
        pause = failure.retry_after_s or self._pause(job.attempts)
        now = self._shop.clock.now()
        move = Move(to=JobState.ACCEPTED, not_before=now + pause, attempts=job.attempts + 1)
        job = await self._shop.store.move(job, move, now=now)
        event = Postponed(facts=facts_of(job), model=request_of(job).model, seconds=pause)
        self._shop.announcer.announce(job, event)

    async def _postpone(self, job: Job) -> None:
        now = self._shop.clock.now()
        await self._shop.store.postpone(job, not_before=now + self._pause(job.attempts), now=now)

    def _pause(self, attempts: int) -> float:
        """Two seconds, doubled each time, at most half a minute, with jitter so that many do not come back at once."""
        return min(LONGEST_PAUSE_S, 2.0 ** (attempts + 1)) * self._shop.jitter.uniform(0.75, 1.25)

    def _collection(self, job: Job, port: GatewayPort) -> Collection:
        def arrived(count: int) -> None:
            self._shop.announcer.announce(job, PictureArrived(facts=facts_of(job), arrived=count))

        shop = self._shop
        return Collection(
            job,
            store=shop.store,
            blobs=shop.blobs,
            studio=shop.studio,
            downloads=port.downloads,
            arrived=arrived,
        )

    async def _in_wire_form(self, reference: Reference) -> str:
        if reference.form != "bytes":
            return reference.value
        content = await self._shop.blobs.read(blob_of(reference))
        return await asyncio.to_thread(data_url, content, reference.media_type or "image/png")

    def _zoned(self, error: RefusedError) -> RefusedError:
        """A used-up quota says when it is renewed, and that depends on the operator's time zone."""
        if error.refusal is not RefusalCode.QUOTA_EXCEEDED:
            return error
        return RefusedError(error.refusal, nearest=error.nearest, **{**error.parameters, "zone": self._shop.admission.zone})


def _log_upstream(job: Job, error: UpstreamError) -> None:
    logger.warning(
        "upstream failed",
        extra={
            "job": job.id,
            "gateway": request_of(job).gateway,
            "code": error.code,
            "certain": error.certain,
            "detail": error.detail,
        },
    )
