"""The engine on one database: it claims jobs with a lease, calls `advance(job)`, and takes over the jobs of dead processes."""

import asyncio
import logging
import math
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import suppress
from functools import partial
from types import TracebackType
from typing import Self

from bot.clock import Clock
from bot.engine.clock_jumps import JUMP_S, ClockJumps
from bot.engine.ownership import Neighbours, Owners
from bot.engine.queued_claims import QueuedClaim, QueuedClaims
from bot.errors import StoreCode, StoreError
from bot.ids import JobId
from bot.jobs.deadlines import CALL_DEADLINES, DEADLINES
from bot.jobs.job import Job
from bot.jobs.ports import Engine, Slot
from bot.jobs.stores import Claim, ClaimStore, JobStore

logger = logging.getLogger(__name__)

CLAIM_BATCH = 100
"""The engine renews its leases at least once between this many claims."""
LEASE_S = 60.0
"""How long a claim is valid without a renewal; it is renewed after a third of this time."""
REAP_INTERVAL_S = 60.0
MAX_RETRY_DELAY_S = 300.0
"""The longest delay of a job after an unexpected error."""


def _ignore(job: JobId) -> None:
    del job


class LeaseEngine(Engine):
    """Claims jobs that are due, advances each in a task of its own, and renews their leases.

    `workers` limits the tasks. A job whose `advance` returns a slot is queued: it has no task, but stays claimed, and is
    read again when the slot is granted, or at the time that the slot names. The loop waits for an event that `wake` sets, at most `poll_s` real seconds; whether
    a job is due is judged by the clock alone, everything else by the monotonic clock: a clock that jumps neither ends the lease
    of a living owner nor makes running work overdue. `on_claim_lost` is called with a job that another process has taken over.
    """

    def __init__(  # noqa: PLR0913 - most of the arguments have a default
        self,
        claims: ClaimStore,
        jobs: JobStore,
        advance: Callable[[Job], Awaitable[Slot | None]],
        clock: Clock,
        *,
        owner: str,
        workers: int = 5000,
        poll_s: float = 5.0,
        owners: Owners | None = None,
        on_claim_lost: Callable[[JobId], None] = _ignore,
        expire: Callable[[Job], Awaitable[Slot | None]] | None = None,
    ) -> None:
        self._claims = claims
        self._jobs = jobs
        self._advance = advance
        self._clock = clock
        self._owner = owner
        self._workers = workers
        self._poll_s = poll_s
        self._on_claim_lost = on_claim_lost
        self._expire = expire
        self._tasks: dict[JobId, asyncio.Task[Slot | None]] = {}
        self._offsets: dict[JobId, float] = {}
        """By how much the clock differed from the monotonic clock when each task started."""
        self._queued = QueuedClaims(self._start_queued)
        self._woken: set[JobId] = set()
        self._signal = asyncio.Event()
        self._stopping = asyncio.Event()
        self._ended = asyncio.Event()
        self._ended.set()
        self._idle = False
        self._loop: asyncio.Task[None] | None = None
        self._neighbours = Neighbours(owners, claims, clock, every_s=poll_s)
        self._jumps = ClockJumps(clock)
        self._renew_at = clock.monotonic() + LEASE_S / 3
        self._reap_at = clock.monotonic()

    @property
    def running(self) -> int:
        """Claimed jobs that are being advanced."""
        return len(self._tasks)

    @property
    def idle(self) -> bool:
        """Whether the loop has found nothing more to do, and waits for `wake`, the end of a task or the next poll."""
        return self._idle and not self._signal.is_set()

    @property
    def queued(self) -> int:
        """Claimed jobs that are queued for a slot."""
        return len(self._queued)

    def wake(self, job: JobId | None = None) -> None:
        """Look for work now, starting with `job`."""
        if job is not None:
            self._woken.add(job)
        self._signal.set()

    async def __aenter__(self) -> Self:
        self._loop = asyncio.create_task(self.run())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.stop(grace_s=0.0)
        if self._loop is not None:
            await self._loop

    async def run(self) -> None:
        """Claim, advance and renew until `stop`. A cancellation also cancels the work and releases its claims."""
        self._ended.clear()
        try:
            while not self._stopping.is_set() or self._tasks:
                await self._run_once()
        finally:
            self._stopping.set()
            await self._cancel_work()
            self._ended.set()

    async def stop(self, grace_s: float) -> None:
        """Claim nothing more, let running work end for `grace_s` real seconds, cancel the rest and release its claims."""
        self._stopping.set()
        self._signal.set()
        if self._tasks:
            await asyncio.wait(list(self._tasks.values()), timeout=grace_s)
        await self._cancel_work()
        self._signal.set()
        await self._ended.wait()

    async def _run_once(self) -> None:
        """Renew leases, claim what is due, then wait. No error of the store ends the engine."""
        self._signal.clear()
        timeout = self._poll_s
        try:
            jumped = self._notice_jump()
            await self._renew()
            await self._neighbours.look()
            if self._stopping.is_set():
                await self._release_many(self._queued.drop_all())
            else:
                self._queued.resume_due(math.inf if jumped else self._clock.now())
                await self._reap()
                if await self._claim():
                    return
                timeout = await self._next_timeout()
        except StoreError as error:
            _log_unavailable(error)
        except Exception:
            logger.exception("engine_failed")
        self._idle = True
        await _wait(self._signal, timeout)
        self._idle = False

    def _notice_jump(self) -> bool:
        """Whether the clock has jumped. Then leases are renewed, and living owners looked for, before all else."""
        if jumped := self._jumps.noticed():
            self._renew_at = self._clock.monotonic()
            self._neighbours.look_soon()
        return jumped

    async def _renew(self) -> None:
        at, until = self._clock.monotonic(), self._clock.now() + LEASE_S
        if at >= self._renew_at:
            if self._tasks or self._queued:
                await self._claims.renew([*self._tasks, *self._queued], owner=self._owner, until=until)
            self._renew_at = at + LEASE_S / 3

    async def _reap(self) -> None:
        """Seize jobs that have exceeded their deadline, also from this process or a dead one, and end them.

        A job that fails to be seized does not stop the others.
        """
        if self._expire is None or self._clock.monotonic() < self._reap_at:
            return
        self._reap_at = self._clock.monotonic() + REAP_INTERVAL_S
        for job_id in await self._overdue():
            try:
                await self._stop_own_work(job_id)
                job = await self._claims.seize(job_id, owner=self._owner, now=self._clock.now(), lease_s=LEASE_S)
            except StoreError as error:
                _log_unavailable(error, job_id)
                if error.retryable:
                    return
            else:
                if job is not None:
                    self._start(job.id, job.epoch, self._run_claim(job, self._expire))

    async def _overdue(self) -> list[JobId]:
        """Jobs past their deadline. For running work, the time that the clock has jumped over since its start does not count."""
        now, living, offset = self._clock.now(), self._neighbours.living, self._jumps.offset
        overdue = await self._claims.overdue(DEADLINES, CALL_DEADLINES, now=now, limit=CLAIM_BATCH, living=living)
        jumps = {job: offset - self._offsets.get(job, offset) for job in overdue}
        for jump in {jump for jump in jumps.values() if jump > JUMP_S}:
            certain = await self._claims.overdue(DEADLINES, CALL_DEADLINES, now=now - jump, limit=CLAIM_BATCH, living=living)
            overdue = [job for job in overdue if jumps[job] != jump or job in certain]
        return overdue

    async def _stop_own_work(self, job: JobId) -> None:
        """Stop this engine's work on a job that is stuck or has been queued for too long."""
        self._queued.drop(job)
        task = self._tasks.get(job)
        if task is not None:
            task.cancel()
            await asyncio.wait({task}, timeout=self._poll_s)

    async def _claim(self) -> bool:
        """Claim and start jobs that are due, as many as there is room for. True if any was started, or the clock has jumped."""
        room = min(self._workers - len(self._tasks), CLAIM_BATCH)
        if room <= 0:
            return False
        if self._notice_jump():
            # Leases may be over that belong to an owner of which nothing is known yet.
            return True
        woken, self._woken = self._woken, set()
        due = await self._claims.due(now=self._clock.now(), limit=room, living=self._neighbours.living)
        started = False
        for job_id in list(dict.fromkeys([*woken, *due]))[:room]:
            if job_id in self._tasks:
                continue
            job = await self._take(job_id)
            if job is None:
                continue
            if self._stopping.is_set():
                await self._release(job, None)
                break
            if job_id in self._tasks:
                # Its slot was granted in the meantime, under a claim that was lost: that task has to end first.
                await self._release(job, None)
                continue
            # If it was queued, its lease had expired, or its member has cancelled it: it may have been moved since.
            self._queued.drop(job_id)
            self._start(job.id, job.epoch, self._run_claim(job))
            started = True
        return started

    async def _take(self, job: JobId) -> Job | None:
        """Claim one job. An error that does not pass by itself costs the others nothing."""
        now, living = self._clock.now(), self._neighbours.living
        try:
            return await self._claims.claim(job, owner=self._owner, now=now, lease_s=LEASE_S, living=living)
        except StoreError as error:
            if error.retryable:
                raise
            _log_unavailable(error, job)
            return None

    def _start(self, job: JobId, epoch: int, work: Coroutine[None, None, Slot | None]) -> None:
        task = asyncio.create_task(work)
        self._tasks[job] = task
        self._offsets[job] = self._jumps.offset
        task.add_done_callback(partial(self._finish, job, epoch))

    def _finish(self, job: JobId, epoch: int, task: asyncio.Task[Slot | None]) -> None:
        if self._tasks.get(job) is task:
            del self._tasks[job], self._offsets[job]
        self._signal.set()
        slot = None if task.cancelled() else task.result()
        if slot is not None:
            self._queued.add(job, QueuedClaim(epoch, slot))

    def _start_queued(self, job: JobId, claim: QueuedClaim) -> bool:
        """False while the engine stops: the job is then released with the others."""
        if not self._stopping.is_set():
            self._start(job, claim.epoch, self._run_queued(job, claim))
        return not self._stopping.is_set()

    async def _next_timeout(self) -> float:
        """Real seconds to wait for `wake`."""
        due, now = await self._claims.next_due(), self._clock.now()
        waits = [self._poll_s]
        if self._tasks or self._queued:
            waits.append(self._renew_at - self._clock.monotonic())
        waits += [at - now for at in (due, self._queued.next_due) if at is not None and at > now]
        return max(0.0, min(waits))

    async def _run_queued(self, job: JobId, claim: QueuedClaim) -> Slot | None:
        """Advance a job that was queued, if the claim is still valid; otherwise pass its slot on.

        A job that waits again has taken its slots over into the one that it returns.
        """
        claimed: Job | None = None
        following: Slot | None = None
        try:
            try:
                claimed = await self._load(job)
            finally:
                if claimed is None:
                    await self._release_many([(job, claim.epoch)])
            if claimed is None or claimed.epoch != claim.epoch:
                self._on_claim_lost(job)
                return None
            following = await self._run_claim(claimed)
            return following
        finally:
            if following is None:
                claim.slot.release()

    async def _load(self, job: JobId) -> Job | None:
        """The job's row. A busy database is retried: a job that is released now would go to the end of the queue."""
        while True:
            try:
                return await self._jobs.load(job)
            except StoreError as error:
                logger.warning("job_interrupted", extra={"job": job, "code": error.code, "detail": error.detail})
                if not error.retryable or self._stopping.is_set():
                    return None
            except Exception:
                logger.exception("advance_failed", extra={"job": job})
                return None
            await _wait(self._stopping, self._poll_s)

    async def _run_claim(self, job: Job, run: Callable[[Job], Awaitable[Slot | None]] | None = None) -> Slot | None:
        """Call `run`, or `advance`, for one claimed job, and release the claim in any case, unless the job is queued."""
        slot: Slot | None = None
        not_before: float | None = None
        try:
            slot = await (self._advance if run is None else run)(job)
            if slot is not None and self._stopping.is_set():
                slot.release()
                slot = None
        except StoreError as error:
            logger.warning("job_interrupted", extra={"job": job.id, "code": error.code, "detail": error.detail})
            if error.store is StoreCode.FENCED:
                self._on_claim_lost(job.id)
            elif error.retryable:
                # The job did not cause this, so it counts as no attempt; the database gets some time.
                await _wait(self._stopping, self._poll_s)
            else:
                not_before = self._retry_time(job)
        except asyncio.CancelledError:
            # Unless the engine stops, something inside `advance` was cancelled, and the job must not be retried at once.
            not_before = None if self._stopping.is_set() else self._retry_time(job)
            raise
        except Exception:
            logger.exception("advance_failed", extra={"job": job.id})
            not_before = self._retry_time(job)
        finally:
            if slot is None:
                await self._release(job, not_before)
        return slot

    def _retry_time(self, job: Job) -> float:
        return self._clock.now() + min(MAX_RETRY_DELAY_S, 5.0 * 2.0 ** min(job.attempts, 10))

    async def _release(self, job: Job, not_before: float | None) -> None:
        """Release one claim, or let its lease expire if the store is still unavailable while the engine stops."""
        while True:
            try:
                if not_before is not None:
                    await self._jobs.postpone(job, not_before=not_before, now=self._clock.now())
                    not_before = None
                await self._claims.release(job)
            except StoreError as error:
                if not error.retryable or self._stopping.is_set():
                    return
                await _wait(self._stopping, self._poll_s)
            else:
                return

    async def _cancel_work(self) -> None:
        """Cancel all running work and wait until its claims are released."""
        # A task that is cancelled before its first step never reaches its `finally`.
        await asyncio.sleep(0)
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._release_many(self._queued.drop_all())

    async def _release_many(self, claims: Sequence[Claim]) -> None:
        """Release claims, or let their leases expire if the store is unavailable."""
        try:
            if claims:
                await self._claims.release_many(claims)
        except StoreError as error:
            _log_unavailable(error)


def _log_unavailable(error: StoreError, job: JobId | None = None) -> None:
    fields = {"code": error.code, "detail": error.detail}
    logger.warning("store_unavailable", extra=fields if job is None else {"job": job, **fields})


async def _wait(event: asyncio.Event, seconds: float) -> None:
    """Wait for the event, at most `seconds` real seconds."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()
