"""Who calls `advance(job)` on one database: claims with a lease, and again if a worker died."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import suppress
from functools import partial
from types import TracebackType
from typing import NamedTuple, Self

from bot.clock import Clock
from bot.engine.ownership import Owners
from bot.errors import StoreCode, StoreError
from bot.ids import JobId
from bot.jobs.deadlines import DEADLINES
from bot.jobs.job import Job
from bot.jobs.ports import Engine, Slot
from bot.jobs.stores import Claim, ClaimStore, JobStore

logger = logging.getLogger(__name__)

CLAIMS_AT_ONCE = 100
"""Between so many claims the engine looks at its leases again."""
LEASE_S = 60.0
"""How long a job stays with a process that shows no sign of life; a third of it passes between two signs."""
REAP_EVERY_S = 60.0
LONGEST_PAUSE_S = 300.0
"""The longest a job waits after an error nobody foresaw."""


class _Parked(NamedTuple):
    """A claim of ours and what its job waits for; the job itself is in its row."""

    epoch: int
    queued: Slot


def _unheard(job: JobId) -> None:
    del job


class LeaseEngine(Engine):
    """Claims jobs whose time has come, advances each in a task of its own, and keeps their leases alive.

    Waiting jobs are rows, not tasks; `workers` caps the tasks. One that `advance` says is queued stays claimed, so that
    nobody else takes it, and is read anew when it is called. Waits are on an event that `wake` sets, at most `poll_s` real
    seconds: what is due is judged by the clock alone. `lost` hears of jobs that are no longer ours.
    """

    def __init__(  # noqa: PLR0913 - most of them have a value that suits everybody
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
        lost: Callable[[JobId], None] = _unheard,
        expire: Callable[[Job], Awaitable[Slot | None]] | None = None,
    ) -> None:
        self._claims = claims
        self._jobs = jobs
        self._advance = advance
        self._clock = clock
        self._owner = owner
        self._workers = workers
        self._poll_s = poll_s
        self._owners = owners
        self._lost = lost
        self._expire = expire
        self._runs: dict[JobId, asyncio.Task[Slot | None]] = {}
        self._parked: dict[JobId, _Parked] = {}
        self._named: set[JobId] = set()
        self._signal = asyncio.Event()
        self._stopping = asyncio.Event()
        self._ended = asyncio.Event()
        self._ended.set()
        self._loop: asyncio.Task[None] | None = None
        self._renew_at = clock.now() + LEASE_S / 3
        self._inherit_at = self._reap_at = clock.now()

    @property
    def running(self) -> int:
        """Jobs that are being advanced now."""
        return len(self._runs)

    @property
    def parked(self) -> int:
        """Jobs of ours that are queued for something."""
        return len(self._parked)

    def wake(self, job: JobId | None = None) -> None:
        """Look for work at once; `job` is looked at first."""
        if job is not None:
            self._named.add(job)
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
        """Until `stop`: claim, advance, renew. If this is cancelled, so is the work, and its claims are given back."""
        self._ended.clear()
        try:
            while not self._stopping.is_set() or self._runs:
                await self._pass()
        finally:
            self._stopping.set()
            await self._abandon()
            self._ended.set()

    async def stop(self, grace_s: float) -> None:
        """Claim nothing more, let running work end for `grace_s` real seconds, cancel the rest and give its claims back."""
        self._stopping.set()
        self._signal.set()
        if self._runs:
            await asyncio.wait(list(self._runs.values()), timeout=grace_s)
        await self._abandon()
        self._signal.set()
        await self._ended.wait()

    async def _pass(self) -> None:
        """One look at the leases and at what is due, then a wait; no error of the store ends the engine."""
        self._signal.clear()
        timeout = self._poll_s
        try:
            now = self._clock.now()
            await self._renew(now)
            await self._inherit(now)
            if self._stopping.is_set():
                await self._release_parked()
            else:
                await self._reap(now)
                if await self._claim(now):
                    return
                timeout = await self._until_due(now)
        except StoreError as error:
            logger.warning("store_unavailable", extra={"code": error.code, "detail": error.detail})
        except Exception:
            logger.exception("engine_failed")
        await _wait(self._signal, timeout)

    async def _renew(self, now: float) -> None:
        if now < self._renew_at:
            return
        if self._runs or self._parked:
            await self._claims.renew([*self._runs, *self._parked], owner=self._owner, until=now + LEASE_S)
        self._renew_at = now + LEASE_S / 3

    async def _inherit(self, now: float) -> None:
        """Jobs of a process that has ended need not wait for their leases."""
        if self._owners is None or now < self._inherit_at:
            return
        self._inherit_at = now + self._poll_s
        for owner in await self._owners.gone():
            await self._claims.disown(owner)

    async def _reap(self, now: float) -> None:
        """Take jobs that are too long in one state from whoever holds them, ourselves included, and bring them to an end."""
        if self._expire is None or now < self._reap_at:
            return
        self._reap_at = now + REAP_EVERY_S
        for job_id in await self._claims.overdue(DEADLINES, now=now, most=CLAIMS_AT_ONCE):
            await self._let_go(job_id)
            job = await self._claims.seize(job_id, owner=self._owner, now=now, lease_s=LEASE_S)
            if job is not None:
                self._start(job.id, job.epoch, self._carry(job, self._expire))

    async def _let_go(self, job: JobId) -> None:
        """Whatever we do for this job hangs, or has waited too long."""
        if job in self._parked:
            self._parked.pop(job).queued.release()
        run = self._runs.get(job)
        if run is not None:
            run.cancel()
            await asyncio.wait({run}, timeout=self._poll_s)

    async def _claim(self, now: float) -> bool:
        """Start what is due, as far as there is room; whether anything was started."""
        room = min(self._workers - len(self._runs), CLAIMS_AT_ONCE)
        if room <= 0:
            return False
        named, self._named = self._named, set()
        due = await self._claims.due(now=now, most=room)
        started = False
        for job_id in list(dict.fromkeys([*named, *due]))[:room]:
            if job_id in self._runs:
                continue
            job = await self._claims.claim(job_id, owner=self._owner, now=self._clock.now(), lease_s=LEASE_S)
            if job is None:
                continue
            if self._stopping.is_set():
                await self._give_back(job, None)
                break
            if job_id in self._runs:
                # It was called meanwhile under a claim that we had lost: that comes to its end first.
                await self._give_back(job, None)
                continue
            if job_id in self._parked:
                # Its lease had run out, and somebody may have moved it meanwhile.
                self._parked.pop(job_id).queued.release()
            self._start(job.id, job.epoch, self._carry(job))
            started = True
        return started

    def _start(self, job: JobId, epoch: int, work: Coroutine[None, None, Slot | None]) -> None:
        task = asyncio.create_task(work)
        self._runs[job] = task
        task.add_done_callback(partial(self._finish, job, epoch))

    def _finish(self, job: JobId, epoch: int, task: asyncio.Task[Slot | None]) -> None:
        if self._runs.get(job) is task:
            del self._runs[job]
        self._signal.set()
        queued = None if task.cancelled() else task.result()
        if queued is not None:
            self._parked[job] = _Parked(epoch, queued)
            queued.when_granted(self._resume)

    def _resume(self, job: JobId) -> None:
        """Its time has come. While we stop it stays where it is, to be released with the others."""
        if not self._stopping.is_set():
            parked = self._parked.pop(job)
            self._start(job, parked.epoch, self._go_on(job, parked))

    async def _until_due(self, now: float) -> float:
        """Real seconds until there may be something to do, if nobody wakes us; `now` is when we last looked."""
        due = await self._claims.next_due()
        waits = [self._poll_s]
        if self._runs or self._parked:
            waits.append(self._renew_at - now)
        if due is not None and due > now:
            waits.append(due - now)
        return min(waits)

    async def _go_on(self, job: JobId, parked: _Parked) -> Slot | None:
        """Advance a job that was called, if it is still ours; what it was called to goes to the next where it is not."""
        claimed: Job | None = None
        try:
            try:
                claimed = await self._reload(job)
            finally:
                if claimed is None:
                    await self._release([(job, parked.epoch)])
            if claimed is None or claimed.epoch != parked.epoch:
                self._lost(job)
                return None
            return await self._carry(claimed)
        finally:
            parked.queued.release()

    async def _reload(self, job: JobId) -> Job | None:
        """The row. A busy database is waited for: a job that is given back now goes to the end of the line."""
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

    async def _carry(self, job: Job, carry: Callable[[Job], Awaitable[Slot | None]] | None = None) -> Slot | None:
        """Advance one claimed job, or carry it otherwise, and give the claim back whatever happened, unless it is queued."""
        queued: Slot | None = None
        not_before: float | None = None
        try:
            queued = await (self._advance if carry is None else carry)(job)
            if queued is not None and self._stopping.is_set():
                queued.release()
                queued = None
        except StoreError as error:
            logger.warning("job_interrupted", extra={"job": job.id, "code": error.code, "detail": error.detail})
            if error.store is StoreCode.FENCED:
                self._lost(job.id)
            elif error.retryable:
                # The gateway is not to blame, so this counts as no attempt of the job; the database gets time.
                await _wait(self._stopping, self._poll_s)
            else:
                not_before = self._later(job)
        except asyncio.CancelledError:
            # Ours when we stop; else something inside `advance` was cancelled, and the job must not come back at once.
            not_before = None if self._stopping.is_set() else self._later(job)
            raise
        except Exception:
            logger.exception("advance_failed", extra={"job": job.id})
            not_before = self._later(job)
        finally:
            if queued is None:
                await self._give_back(job, not_before)
        return queued

    def _later(self, job: Job) -> float:
        return self._clock.now() + min(LONGEST_PAUSE_S, 5.0 * 2.0 ** min(job.attempts, 10))

    async def _give_back(self, job: Job, not_before: float | None) -> None:
        """Free the claim, or let its lease run out if the store stays away while we stop."""
        while True:
            try:
                if not_before is not None:
                    await self._jobs.postpone(job, not_before=not_before, now=self._clock.now())
                    not_before = None
                await self._claims.free(job)
            except StoreError as error:
                if not error.retryable or self._stopping.is_set():
                    return
                await _wait(self._stopping, self._poll_s)
            else:
                return

    async def _abandon(self) -> None:
        """Cancel what still runs and wait until its claims are given back."""
        # A task that is cancelled before its first step never reaches its `finally`.
        await asyncio.sleep(0)
        tasks = list(self._runs.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._release_parked()

    async def _release_parked(self) -> None:
        parked, self._parked = self._parked, {}
        for one in parked.values():
            one.queued.release()
        await self._release([(job, one.epoch) for job, one in parked.items()])

    async def _release(self, claims: Sequence[Claim]) -> None:
        """Give claims back, or let their leases run out if the store stays away."""
        try:
            if claims:
                await self._claims.release(claims)
        except StoreError as error:
            logger.warning("store_unavailable", extra={"code": error.code, "detail": error.detail})


async def _wait(event: asyncio.Event, seconds: float) -> None:
    """Until the event, at most so many real seconds."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()
