"""advance(job): the only code that moves a job. Each step starts from rows, so it may begin again in another process."""

import logging
from collections.abc import Awaitable, Callable

from bot.calling import Calling
from bot.closing import Closing
from bot.errors import RefusalCode, RefusedError, StoreCode, StoreError, UpstreamError
from bot.job import ENDS, Job, JobState, Move
from bot.preparation import HeldUpError
from bot.progress import (
    Accepted,
    Collected,
    FetchDelayed,
    Received,
)
from bot.receipts import facts_of, request_of
from bot.upstream.health import Turn
from bot.workshop import Workshop

logger = logging.getLogger(__name__)

FETCH_TRIES = 3
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
LEFT_STANDING = frozenset({JobState.ACCEPTED, JobState.COLLECTING, JobState.DELIVERING})
"""A job that an earlier process left here may take its time until it has something new to say."""
Step = Callable[[Job], Awaitable[Job | Turn | None]]
"""None: the job has to wait for its time. A Turn: it stands in a gateway's line."""


class Worker:
    def __init__(self, workshop: Workshop) -> None:
        self._shop = workshop
        self._closing = Closing(workshop)
        calling = Calling(workshop, self._closing)
        self._steps: dict[JobState, Step] = {
            JobState.RECEIVED: self._prepare,
            JobState.ACCEPTED: calling.submit,
            JobState.SUBMITTING: calling.pick_up,
            JobState.RUNNING: calling.pick_up,
            JobState.COLLECTING: self._collect,
            JobState.DELIVERING: self._deliver,
            **dict.fromkeys(ENDS, self._tell),
        }

    async def advance(self, job: Job) -> Turn | None:
        """Move a claimed job until its end is told or it has to wait: for its time, or for the turn that is returned."""
        found = job.state
        self._shop.announcer.go_on(job)
        if found in LEFT_STANDING and not self._shop.stopping():
            await self._shop.catch_up(job)
        while not job.told and not (job.state in NOT_BEGUN and self._shop.stopping()):
            # Only who moved it here knows that nobody has tried to post it: in the row, the first try has begun.
            untried = job.state is JobState.DELIVERING and found is not JobState.DELIVERING
            following = await self._step(job, self._deliver_first if untried else self._steps[job.state])
            if isinstance(following, Turn):
                return following
            if following is None:
                break
            job = following
        if not job.told:
            await self._shop.announcer.pause(job)
        return None

    async def expire(self, job: Job) -> Turn | None:
        """Bring a job that was seized for its age to its nearest honest end, and go on from there."""
        return await self.advance(await self._closing.expire(job))

    async def _step(self, job: Job, step: Step) -> Job | Turn | None:
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
        return await self._closing.give_up(job)

    async def _prepare(self, job: Job) -> Job | None:
        shop = self._shop
        if not await shop.announcer.reaches(job, Received(facts=facts_of(job))):
            return await self._closing.decline(job, RefusedError(RefusalCode.MEMBER_OUT_OF_REACH))
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
            return await self._closing.decline(job, self._zoned(error))
        except HeldUpError as error:
            if job.attempts + 1 < FETCH_TRIES:
                await self._shop.postpone(job)
                return None
            return await self._closing.decline(job, RefusedError(RefusalCode.REF_GONE, number=error.number))
        request = candidate.request
        shop.announcer.announce(accepted, Accepted(facts=facts_of(accepted), model=request.model, gateway=request.gateway))
        return accepted

    async def _collect(self, job: Job) -> Job | None:
        shop, request = self._shop, request_of(job)
        port = shop.gateways.get(request.gateway)
        rows = await shop.store.pictures(job.id)
        if port is not None and any(row.state == "announced" for row in rows):
            begun = any(row.state == "stored" for row in rows)
            collection = self._shop.collection(job, port)
            complete = await collection.finish(gives_up=lambda error: self._gives_up(job, error, begun=begun))
            rows = await shop.store.pictures(job.id)
            if not complete:
                arrived = sum(row.state == "stored" for row in rows)
                shop.announcer.announce(job, FetchDelayed(facts=facts_of(job), arrived=arrived))
                await self._shop.postpone(job)
                return None
        stored = sum(row.state == "stored" for row in rows)
        if not stored:
            return await self._closing.end_empty(job, rows)
        job = await self._shop.move_patiently(job, self._closing.settling(job, rows))
        shop.announcer.announce(job, Collected(facts=facts_of(job), arrived=stored))
        return job

    def _gives_up(self, job: Job, error: UpstreamError, *, begun: bool) -> bool:
        """Whether a picture that could not be fetched is let go: soon where the gateway says no, late where it is away."""
        since = job.submitted_at if job.submitted_at is not None else job.created_at
        waited = self._shop.clock.now() - since
        if not error.retryable and job.attempts + 1 >= ADDRESS_TRIES:
            return True
        return waited > (COLLECT_REST_S if begun else COLLECT_ALL_S)

    async def _deliver_first(self, job: Job) -> Job | None:
        return await self._deliver(job, untried=True)

    async def _deliver(self, job: Job, *, untried: bool = False) -> Job | None:
        shop = self._shop
        outcome = await shop.posting.post_result(job, untried=untried)
        tried_for = shop.clock.now() - job.posting_since if job.posting_since is not None else 0.0
        if outcome.retry and tried_for < POST_FOR_S:
            await self._shop.postpone(job)
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
            await self._shop.postpone(job)
            return None
        return await shop.store.set_told(job, now=now)

    def _zoned(self, error: RefusedError) -> RefusedError:
        """A used-up quota says when it is renewed, and that depends on the operator's time zone."""
        if error.refusal is not RefusalCode.QUOTA_EXCEEDED:
            return error
        return RefusedError(error.refusal, nearest=error.nearest, **{**error.parameters, "zone": self._shop.admission.zone})
