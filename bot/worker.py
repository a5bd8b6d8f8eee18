"""advance(job): the only code that moves a job. Each step starts from rows, so it may begin again in another process."""

import logging
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import assert_never

from bot.collection import Collection
from bot.errors import CONTENT_KINDS, RefusalCode, RefusedError, StoreCode, StoreError, UpstreamError, UpstreamKind
from bot.job import ENDS, Job, JobState, Move, PictureRow
from bot.patience import patiently
from bot.preparation import HeldUpError
from bot.progress import (
    Accepted,
    Collected,
    FetchDelayed,
    PictureArrived,
    Postponed,
    Received,
    Submitted,
)
from bot.receipts import facts_of, named, priced, request_of, spend_of
from bot.trouble import Trouble, trouble_of
from bot.upstream.outcome import Begun, Completed, PictureMissing, PictureReady, Resumable, UpstreamEvent
from bot.workshop import GatewayPort, Workshop

logger = logging.getLogger(__name__)

FETCH_TRIES = 3
SUBMIT_TRIES = 4
LONGEST_SUBMIT_PAUSE_S = 30.0
LONGEST_PAUSE_S = 300.0
ADDRESS_TRIES = 5
"""Looks at an address that answers with anything but a picture."""
COLLECT_REST_S = 600.0
"""How long a set that has begun to arrive waits for its rest."""
COLLECT_ALL_S = 20 * 3600.0
"""How long the only pictures are tried for: the official API keeps them a day (`facts/upstreams.md` 3.6)."""
POST_FOR_S = 24 * 3600.0
"""How long a platform that does not answer is tried again before the pictures wait for their button."""
TELL_FOR_S = 24 * 3600.0
UNFORESEEN_TRIES = 8
NOT_BEGUN = frozenset({JobState.RECEIVED, JobState.ACCEPTED})
Step = Callable[[Job], Awaitable[Job | None]]
"""None: the job has to wait for its time."""


@dataclass(frozen=True, kw_only=True)
class _Called:
    """What came of the paid call, as far as we heard."""

    job: Job
    collection: Collection
    billed: int | None = None
    failure: UpstreamError | None = None
    announced: int = 0


class Worker:
    def __init__(self, workshop: Workshop) -> None:
        self._shop = workshop
        self._steps: dict[JobState, Step] = {
            JobState.RECEIVED: self._prepare,
            JobState.ACCEPTED: self._submit,
            JobState.SUBMITTING: self._pick_up,
            JobState.RUNNING: self._pick_up,
            JobState.COLLECTING: self._collect,
            JobState.DELIVERING: self._deliver,
            **dict.fromkeys(ENDS, self._tell),
        }

    async def advance(self, job: Job) -> None:
        """Move a claimed job until its end is told or it has to wait for its time."""
        found = job.state
        while not job.told and not (job.state in NOT_BEGUN and self._shop.stopping()):
            # Only who moved it here knows that nobody has tried to post it: in the row, the first try has begun.
            untried = job.state is JobState.DELIVERING and found is not JobState.DELIVERING
            following = await self._step(job, self._deliver_first if untried else self._steps[job.state])
            if following is None:
                return
            job = following

    async def _step(self, job: Job, step: Step) -> Job | None:
        """One step. What keeps going wrong in a way nobody foresaw is given up, so that no job and no hold stays for ever."""
        try:
            return await step(job)
        except StoreError as error:
            if error.retryable or error.store is StoreCode.FENCED or job.attempts + 1 < UNFORESEEN_TRIES:
                raise
            logger.exception("given up", extra={"job": job.id})
        except Exception:
            if job.attempts + 1 < UNFORESEEN_TRIES:
                raise
            logger.exception("given up", extra={"job": job.id})
        return await self._give_up(job)

    async def _give_up(self, job: Job) -> Job:
        """The nearest honest end: what we have is the member's, what nobody knows is uncertain, the rest goes back."""
        shop, now = self._shop, self._shop.clock.now()
        match job.state:
            case JobState.RECEIVED | JobState.ACCEPTED:
                move = Move(to=JobState.FAILED, error=Trouble(code=UpstreamKind.INTERNAL), settle=0)
            case JobState.SUBMITTING | JobState.RUNNING:
                return await self._become_uncertain(job)
            case JobState.COLLECTING:
                rows = await shop.store.pictures(job.id)
                if not any(row.state == "stored" for row in rows):
                    return await self._end_empty(job, rows)
                move = self._settling(job, rows)
            case JobState.DELIVERING:
                move = Move(to=JobState.DONE)
            case _:
                return await shop.store.set_told(job, now=now)
        return await shop.store.move(job, move, now=now)

    async def _prepare(self, job: Job) -> Job | None:
        shop = self._shop
        if not await shop.announcer.reaches(job, Received(facts=facts_of(job))):
            return await self._decline(job, RefusedError(RefusalCode.MEMBER_OUT_OF_REACH))
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
        except HeldUpError as error:
            if job.attempts + 1 < FETCH_TRIES:
                await self._postpone(job)
                return None
            return await self._decline(job, RefusedError(RefusalCode.REF_GONE, number=error.number))
        request = candidate.request
        shop.announcer.announce(accepted, Accepted(facts=facts_of(accepted), model=request.model, gateway=request.gateway))
        return accepted

    async def _submit(self, job: Job) -> Job | None:
        shop, request = self._shop, request_of(job)
        port = shop.gateways.get(request.gateway)
        if port is None:
            return await self._fail(job, UpstreamError(UpstreamKind.UNREACHABLE, certain=True), billed=0)
        async with port.turns.turn(request.count):
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
        return await self._after_call(called)

    async def _hear(self, job: Job, port: GatewayPort, told: AsyncGenerator[UpstreamEvent, None]) -> _Called:
        """The paid call, or what a task came to. Whatever is heard begins to be written at once, and is before the job moves on."""
        shop = self._shop
        collection = self._collection(job, port)
        ours = {row.index for row in await shop.store.pictures(job.id) if row.state == "stored"}
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
        return await self._move_patiently(job, Move(to=JobState.RUNNING, task=begun.task))

    async def _move_patiently(self, job: Job, move: Move) -> Job:
        """From the paid call on, a move waits for a busy database: what it says has been paid for."""
        shop = self._shop
        return await patiently(lambda: shop.store.move(job, move, now=shop.clock.now()), shop.clock)

    async def _after_call(self, called: _Called) -> Job | None:
        job, failure = called.job, called.failure
        await called.collection.settle()
        if failure is None or called.announced:
            uncertain = failure is not None and not failure.certain
            move = Move(to=JobState.COLLECTING, attempts=0, billed=called.billed, uncertain=uncertain)
            return await self._move_patiently(job, move)
        _log_upstream(job, failure)
        if not failure.certain:
            return await self._become_uncertain(job)
        if failure.retryable and job.state is JobState.SUBMITTING and job.attempts + 1 < SUBMIT_TRIES:
            await self._try_again(job, failure)
            return None
        return await self._fail(job, failure, billed=called.billed or 0)

    async def _pick_up(self, job: Job) -> Job | None:
        """Found in the middle of the paid call by a later process: a task goes on, what came is kept, nothing is paid again."""
        request = request_of(job)
        port = self._shop.gateways.get(request.gateway)
        if job.task is not None and port is not None and isinstance(port.upstream, Resumable):
            return await self._after_call(await self._hear(job, port, port.upstream.resume(request, job.task)))
        if any(row.state != "missing" for row in await self._shop.store.pictures(job.id)):
            move = Move(to=JobState.COLLECTING, attempts=0, uncertain=True)
            return await self._shop.store.move(job, move, now=self._shop.clock.now())
        return await self._become_uncertain(job)

    async def _collect(self, job: Job) -> Job | None:
        shop, request = self._shop, request_of(job)
        port = shop.gateways.get(request.gateway)
        rows = await shop.store.pictures(job.id)
        if port is not None and any(row.state == "announced" for row in rows):
            begun = any(row.state == "stored" for row in rows)
            collection = self._collection(job, port)
            complete = await collection.finish(gives_up=lambda error: self._gives_up(job, error, begun=begun))
            rows = await shop.store.pictures(job.id)
            if not complete:
                arrived = sum(row.state == "stored" for row in rows)
                shop.announcer.announce(job, FetchDelayed(facts=facts_of(job), arrived=arrived))
                await self._postpone(job)
                return None
        stored = sum(row.state == "stored" for row in rows)
        if not stored:
            return await self._end_empty(job, rows)
        job = await self._move_patiently(job, self._settling(job, rows))
        shop.announcer.announce(job, Collected(facts=facts_of(job), arrived=stored))
        return job

    def _gives_up(self, job: Job, error: UpstreamError, *, begun: bool) -> bool:
        """Whether a picture that could not be fetched is let go: soon where the gateway says no, late where it is away."""
        since = job.submitted_at if job.submitted_at is not None else job.created_at
        waited = self._shop.clock.now() - since
        if not error.retryable and job.attempts + 1 >= ADDRESS_TRIES:
            return True
        return waited > (COLLECT_REST_S if begun else COLLECT_ALL_S)

    def _settling(self, job: Job, rows: tuple[PictureRow, ...]) -> Move:
        stored = sum(row.state == "stored" for row in rows)
        return Move(
            to=JobState.DELIVERING,
            attempts=0,
            begins_posting=True,
            settle=min(stored, request_of(job).count),
            spend=spend_of(job, rows),
        )

    async def _deliver_first(self, job: Job) -> Job | None:
        return await self._deliver(job, untried=True)

    async def _deliver(self, job: Job, *, untried: bool = False) -> Job | None:
        shop = self._shop
        outcome = await shop.posting.post_result(job, untried=untried)
        tried_for = shop.clock.now() - job.posting_since if job.posting_since is not None else 0.0
        if outcome.retry and tried_for < POST_FOR_S:
            await self._postpone(job)
            return None
        way = outcome.posted.way if outcome.posted is not None else None
        seconds = round(shop.clock.now() - job.created_at, 1)
        logger.info("delivered" if way else "undelivered", extra={"job": job.id, "way": way, "seconds": seconds})
        return await shop.store.move(job, Move(to=JobState.DONE, attempts=0, way=way), now=shop.clock.now())

    async def _tell(self, job: Job) -> Job | None:
        """The end is told from its row, so that any process can, and again until the member could have read it."""
        shop = self._shop
        told = await shop.announcer.conclude(job, await shop.endings.final_event(job))
        now = shop.clock.now()
        if not told and now - (job.ended_at or now) < TELL_FOR_S:
            await self._postpone(job)
            return None
        return await shop.store.set_told(job, now=now)

    async def _decline(self, job: Job, error: RefusedError) -> Job:
        """We say no before any work: nothing is held, nothing was spent."""
        logger.info("declined", extra={"job": job.id, "code": error.code})
        move = Move(to=JobState.FAILED, attempts=0, error=trouble_of(error))
        return await self._shop.store.move(job, move, now=self._shop.clock.now())

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
        move = Move(to=end, attempts=0, error=trouble_of(named(error, job)), settle=0, spend=spend)
        return await self._move_patiently(job, move)

    async def _become_uncertain(self, job: Job) -> Job:
        request = request_of(job)
        logger.warning("uncertain", extra={"job": job.id, "gateway": request.gateway})
        spend = priced(job, images=request.count, estimated=True)
        return await self._move_patiently(job, Move(to=JobState.UNCERTAIN, attempts=0, settle=0, spend=spend))

    async def _stay_or_fail(self, job: Job, failure: UpstreamError) -> Job | None:
        """A reference could not be handed over: nothing has been asked of the gateway yet."""
        _log_upstream(job, failure)
        if failure.retryable and job.attempts + 1 < SUBMIT_TRIES:
            await self._postpone(job)
            return None
        return await self._fail(job, failure, billed=0)

    async def _try_again(self, job: Job, failure: UpstreamError) -> None:
        """Back to `accepted`, due later: no pause is slept in `submitting`."""
        pause = failure.retry_after_s or self._pause(job.attempts, LONGEST_SUBMIT_PAUSE_S)
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

    async def _postpone(self, job: Job) -> None:
        now = self._shop.clock.now()
        await self._shop.store.postpone(job, not_before=now + self._pause(job.attempts, LONGEST_PAUSE_S), now=now)

    def _pause(self, attempts: int, longest: float) -> float:
        """Two seconds, doubled each time, with jitter so that many do not come back at once."""
        return min(longest, 2.0 ** (min(attempts, 20) + 1)) * self._shop.jitter.uniform(0.75, 1.25)

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
            at_once=shop.downloads_at_once,
            clock=shop.clock,
            arrived=arrived,
        )

    def _zoned(self, error: RefusedError) -> RefusedError:
        """A used-up quota says when it is renewed, and that depends on the operator's time zone."""
        if error.refusal is not RefusalCode.QUOTA_EXCEEDED:
            return error
        return RefusedError(error.refusal, nearest=error.nearest, **{**error.parameters, "zone": self._shop.admission.zone})


def _log_upstream(job: Job, error: UpstreamError) -> None:
    found = {"job": job.id, "gateway": request_of(job).gateway, "code": error.code}
    logger.warning("upstream failed", extra={**found, "certain": error.certain, "detail": error.detail})
