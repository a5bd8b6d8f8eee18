"""A claimed job while its calls run: what they share, and the tasks of those that are at work."""

import asyncio
import logging
import math
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import suppress
from dataclasses import replace

from bot.clock import Clock
from bot.ids import GatewayName
from bot.jobs.call import Call, CallState
from bot.jobs.job import Job, state_by_calls
from bot.jobs.ports import Slot
from bot.jobs.stores import PictureStore
from bot.pipeline.openings import Openings
from bot.upstream.contract import WireReference

logger = logging.getLogger(__name__)

SHARED_S = 60.0
"""How long calls share the references that one of them has transferred: an address that a gateway lends does not last."""


class JobRun:
    """`job` is as the latest write of any of its calls left it; `arrived`: how many of its pictures are on our disk.

    A call that fails unexpectedly stops none of the others, but no other is begun after it.
    """

    def __init__(self, job: Job, pictures: PictureStore, clock: Clock, *, arrived: int) -> None:
        self.job = job
        self.arrived = arrived
        self.openings = Openings(job, pictures, clock)
        self.slots: dict[int, Slot] = {}
        """Of the planned calls, by number: those that are granted, and those that wait."""
        self.failure: BaseException | None = None
        self._clock = clock
        self._offset_s = clock.now() - clock.monotonic()
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._wake = asyncio.Event()
        self._transferring = asyncio.Lock()
        self._transferred: dict[GatewayName, tuple[float, Sequence[WireReference]]] = {}

    def take(self, moved: Job, number: int) -> Call:
        """Take over what a write of one call has changed; returns the call."""
        call = moved.call(number)
        calls = self.job.with_call(call).calls
        self.job = replace(moved, calls=calls, state=state_by_calls(moved.state, calls))
        return call

    @property
    def now(self) -> float:
        """The time, as if the clock had not jumped since the claim."""
        return self._offset_s + self._clock.monotonic()

    def take_stopped(self, written: Job) -> None:
        """Take over from the job's row that its member has stopped it: what was planned is cancelled."""
        for call in self.job.open_calls:
            if call.state is CallState.PLANNED and written.call(call.number).state is CallState.CANCELLED:
                self.release(call.number)
                self.take(written, call.number)

    @property
    def at_work(self) -> bool:
        return bool(self._tasks)

    @property
    def idle_calls(self) -> tuple[Call, ...]:
        """The open calls that no task works on."""
        return tuple(call for call in self.job.open_calls if call.number not in self._tasks)

    async def references(
        self, gateway: GatewayName, transfer: Callable[[], Awaitable[Sequence[WireReference]]]
    ) -> Sequence[WireReference]:
        """The job's references as its calls send them: calls that begin together transfer them once."""
        async with self._transferring:
            since, shared = self._transferred.get(gateway, (-math.inf, ()))
            if since + SHARED_S <= self._clock.monotonic():
                since, shared = self._clock.monotonic(), await transfer()
                self._transferred[gateway] = since, shared
            return shared

    def start(self, call: Call, work: Coroutine[None, None, None]) -> None:
        self._tasks[call.number] = asyncio.create_task(work)

    def wake(self) -> None:
        """Look again whether a call can be begun."""
        self._wake.set()

    def release(self, number: int) -> None:
        """Pass a call's slot on. Harmless the second time."""
        slot = self.slots.pop(number, None)
        if slot is not None:
            slot.release()

    def hand_over_slots(self) -> tuple[Slot, ...]:
        """The slots that the calls still wait for; whoever takes them releases them."""
        slots, self.slots = tuple(self.slots.values()), {}
        return slots

    async def wait(self, until: float | None) -> None:
        """Wait until a task has ended, `wake` was called, or it is that time."""
        waits: set[asyncio.Task[None]] = {asyncio.create_task(self._until_woken())}
        if until is not None:
            waits.add(asyncio.create_task(self._sleep_until(until)))
        try:
            await asyncio.wait([*self._tasks.values(), *waits], return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in waits:
                task.cancel()
        self._wake.clear()
        for number, task in list(self._tasks.items()):
            if task.done():
                del self._tasks[number]
                self._note_failure(number, task)

    async def close(self) -> None:
        """Cancel what is at work and pass every slot on."""
        tasks, self._tasks = list(self._tasks.values()), {}
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
        for number in list(self.slots):
            self.release(number)

    async def _until_woken(self) -> None:
        await self._wake.wait()

    async def _sleep_until(self, until: float) -> None:
        await self._clock.sleep(max(0.0, until - self._clock.now()))

    def _note_failure(self, number: int, task: "asyncio.Task[None]") -> None:
        with suppress(asyncio.CancelledError):
            failure = task.exception()
            if failure is not None and self.failure is not None:
                logger.warning("call failed", extra={"job": self.job.id, "call": number, "detail": type(failure).__name__})
            self.failure = self.failure or failure
