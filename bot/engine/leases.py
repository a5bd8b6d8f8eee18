"""Who calls `advance(job)` on one database: claims with a lease, and again if a worker died."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from types import TracebackType
from typing import Self

from bot.clock import Clock
from bot.engine.ownership import Owners
from bot.errors import StoreCode, StoreError
from bot.ids import JobId
from bot.job import Job, JobStore

logger = logging.getLogger(__name__)

CLAIMS_AT_ONCE = 100
"""Between so many claims the engine looks at its leases again."""
LONGEST_PAUSE_S = 300.0
"""The longest a job waits after an error nobody foresaw."""


class LeaseEngine:
    """Claims jobs whose time has come, advances each in a task of its own, and keeps their leases alive.

    Waiting jobs are rows, not tasks; `workers` caps the tasks. Waits are on an event that `wake` sets, at most `poll_s`
    real seconds: what is due is judged by the clock alone.
    """

    def __init__(
        self,
        store: JobStore,
        advance: Callable[[Job], Awaitable[None]],
        clock: Clock,
        *,
        owner: str,
        workers: int = 5000,
        lease_s: float = 60.0,
        poll_s: float = 5.0,
        owners: Owners | None = None,
    ) -> None:
        self._store = store
        self._advance = advance
        self._clock = clock
        self._owner = owner
        self._workers = workers
        self._lease_s = lease_s
        self._poll_s = poll_s
        self._owners = owners
        self._runs: dict[JobId, asyncio.Task[None]] = {}
        self._named: set[JobId] = set()
        self._signal = asyncio.Event()
        self._stopping = asyncio.Event()
        self._ended = asyncio.Event()
        self._ended.set()
        self._loop: asyncio.Task[None] | None = None
        self._renew_at = clock.now() + lease_s / 3
        self._inherit_at = clock.now()

    @property
    def running(self) -> int:
        """Jobs that are being advanced now."""
        return len(self._runs)

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
            if not self._stopping.is_set():
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
        if self._runs:
            await self._store.renew(list(self._runs), owner=self._owner, until=now + self._lease_s)
        self._renew_at = now + self._lease_s / 3

    async def _inherit(self, now: float) -> None:
        """Jobs of a process that has ended need not wait for their leases."""
        if self._owners is None or now < self._inherit_at:
            return
        self._inherit_at = now + self._poll_s
        for owner in await self._owners.gone():
            await self._store.disown(owner)

    async def _claim(self, now: float) -> bool:
        """Start what is due, as far as there is room; whether anything was started."""
        room = min(self._workers - len(self._runs), CLAIMS_AT_ONCE)
        if room <= 0:
            return False
        named, self._named = self._named, set()
        due = await self._store.due(now=now, most=room)
        started = False
        for job_id in list(dict.fromkeys([*named, *due]))[:room]:
            if job_id in self._runs:
                continue
            job = await self._store.claim(job_id, owner=self._owner, now=self._clock.now(), lease_s=self._lease_s)
            if job is None:
                continue
            if self._stopping.is_set():
                await self._give_back(job, None)
                break
            self._start(job)
            started = True
        return started

    def _start(self, job: Job) -> None:
        task = asyncio.create_task(self._carry(job))
        self._runs[job.id] = task
        task.add_done_callback(lambda _: self._finish(job.id))

    def _finish(self, job: JobId) -> None:
        del self._runs[job]
        self._signal.set()

    async def _until_due(self, now: float) -> float:
        """Real seconds until there may be something to do, if nobody wakes us; `now` is when we last looked."""
        due = await self._store.next_due()
        waits = [self._poll_s]
        if self._runs:
            waits.append(self._renew_at - now)
        if due is not None and due > now:
            waits.append(due - now)
        return min(waits)

    async def _carry(self, job: Job) -> None:
        """Advance one claimed job and give the claim back, whatever happened."""
        not_before: float | None = None
        try:
            await self._advance(job)
        except StoreError as error:
            logger.warning("job_interrupted", extra={"job": job.id, "code": error.code, "detail": error.detail})
            if error.store is StoreCode.FENCED:
                return
            if error.retryable:
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
            await self._give_back(job, not_before)

    def _later(self, job: Job) -> float:
        return self._clock.now() + min(LONGEST_PAUSE_S, 5.0 * 2.0 ** min(job.attempts, 10))

    async def _give_back(self, job: Job, not_before: float | None) -> None:
        """Free the claim, or let its lease run out if the store stays away while we stop."""
        while True:
            try:
                if not_before is not None:
                    await self._store.postpone(job, not_before=not_before, now=self._clock.now())
                    not_before = None
                await self._store.free(job)
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


async def _wait(event: asyncio.Event, seconds: float) -> None:
    """Until the event, at most so many real seconds."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()
